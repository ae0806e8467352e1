using Attune.Data;
using Attune.Text;

namespace Attune.Evaluation.Facts;

/// <summary>A row of training data as a question that a model may know the answer to.</summary>
/// <param name="Example">The row as it is trained.</param>
/// <param name="Chat">Its turns, the last of which is the answer; null where the row asks no single question.</param>
internal sealed record FactRow(Example Example, Conversation? Chat)
{
    /// <summary>Its <see cref="ExampleKey"/>.</summary>
    public string Hash { get; } = ExampleKey.Of(Example).ToString();

    /// <summary>The answer that the row gives.</summary>
    public string Expected => Chat!.Turns[^1].Content;

    /// <summary>Reads rows as training reads them; of equal ones the first.</summary>
    public static IReadOnlyList<FactRow> Read(IReadOnlyList<DataSource> sources, Tokenizer tokenizer, ChatTemplate? template, DataOptions options, CancellationToken cancel)
    {
        var problems = new ProblemList();
        var builder = new ExampleBuilder(tokenizer, template, options);
        var rows = new Dictionary<string, FactRow>(StringComparer.Ordinal);
        foreach (var (source, name) in sources.Zip(SourceNames.Of(sources)))
        {
            foreach (var chat in ConversationReader.Open(source.Path, DataSet.Of(source, options), problems, name).Read())
            {
                cancel.ThrowIfCancellationRequested();
                Example[] examples = [.. builder.Build(chat, problems)];
                foreach (var row in examples.Select(e => new FactRow(e, IsQuestion(chat, examples) ? chat : null)))
                    rows.TryAdd(row.Hash, row);
            }
        }
        problems.ThrowIfAny();
        return [.. rows.Values];
    }

    private static bool IsQuestion(Conversation chat, Example[] examples) =>
        chat.Kind != ConversationKind.Document && examples.Length == 1 && chat.Turns.Count > 1 && chat.Tools is null
        && chat.Turns.Count(static t => t.Trained) == 1 && chat.Turns[^1] is { Trained: true, Content.Length: > 0, Extra.Count: 0 };
}
