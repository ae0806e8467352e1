using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Attune.Data;
using Attune.Problems;

namespace Attune.Distillation;

/// <summary>A row whose last answer a teacher is asked for.</summary>
/// <param name="Id">File and row, such as <c>train.jsonl:17</c>: what answers name as their parent.</param>
/// <param name="Chat">The row.</param>
/// <param name="Last">Index of the turn that is asked for; what stands before it is the prompt.</param>
/// <param name="Expected">The answer that the row gives itself; null where it is a prompt alone.</param>
public sealed record PromptRow(string Id, Conversation Chat, int Last, string? Expected)
{
    /// <summary>What the teacher is given.</summary>
    public IEnumerable<Turn> Prompt => Chat.Turns.Take(Last);

    /// <summary>Reads the rows of data files, in any shape that is trained on; says what of them nothing reads.</summary>
    /// <param name="sources">The files.</param>
    /// <param name="columns">Field of a row's shape → column of the file, where they differ.</param>
    /// <param name="warn">Gets sentences about the files.</param>
    /// <exception cref="UserErrorException">Rows are wrong, or running text, which asks nothing; all are named.</exception>
    public static IReadOnlyList<PromptRow> Read(IReadOnlyList<DataSource> sources, IReadOnlyDictionary<string, string> columns, Action<string> warn)
    {
        var (rows, problems) = (new List<PromptRow>(), new ProblemList());
        foreach (var (source, name) in sources.Zip(SourceNames.Of(sources)))
        {
            var options = new DataOptions { MaxLength = int.MaxValue, Shape = source.Format, Columns = source.Columns.Count > 0 ? source.Columns : columns };
            var reader = ConversationReader.Open(source.Path, options, problems, name);
            foreach (var chat in reader.Read())
            {
                if (chat.Kind == ConversationKind.Document)
                {
                    problems.Add(source.Path, "is running text, which asks nothing", "give rows with prompts, or name the column that asks: --columns prompt=…");
                    break;
                }
                var last = chat.Turns.Count - 1;
                while (!chat.Turns[last].Trained)
                    last--;
                rows.Add(new PromptRow(IdOf(chat.File, chat.Row), chat, last, chat.Turns[last].Content));
            }
            foreach (var sentence in reader.Warnings())
                warn(sentence);
        }
        problems.ThrowIfAny();
        return rows;
    }

    /// <summary>A prompt that comes without an answer.</summary>
    /// <param name="file">Name of the file that it stands in.</param>
    /// <param name="row">Its number there, from 1.</param>
    /// <param name="text">The user's message.</param>
    public static PromptRow Of(string file, int row, string text) =>
        new(IdOf(file, row), new Conversation(file, row, ConversationKind.Completion, [new Turn("user", text, false)]), 1, null);

    /// <summary>SHA-256 of all that a teacher is shown of rows, in hex.</summary>
    public static string Hash(IEnumerable<PromptRow> rows)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var row in rows)
        {
            Add(row.Id);
            foreach (var turn in row.Prompt)
            {
                Add(turn.Role);
                Add(turn.Content);
                foreach (var (key, value) in turn.Extra.OrderBy(static e => e.Key, StringComparer.Ordinal))
                    Add($"{key}={value?.ToJsonString()}");
            }
            Add(row.Chat.Tools?.ToJsonString() ?? "");
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        // With its length in front, so that no two lists of texts are one.
        void Add(string text)
        {
            hash.AppendData(BitConverter.GetBytes(text.Length));
            hash.AppendData(Encoding.UTF8.GetBytes(text));
        }
    }

    private static string IdOf(string file, int row) => string.Create(CultureInfo.InvariantCulture, $"{file}:{row}");
}
