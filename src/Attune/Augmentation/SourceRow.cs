using Attune.Data;
using Attune.Evaluation.Metrics;
using Attune.Problems;

namespace Attune.Augmentation;

/// <summary>A row of a data set that others may be made of.</summary>
/// <param name="Index">Its number among all rows given, from 0.</param>
/// <param name="Row">As it stands in the file.</param>
/// <param name="Chat">What it says.</param>
/// <param name="Form">How it stands there.</param>
/// <param name="Asked">Where its prompts stand; at least one, none of them empty.</param>
/// <param name="Answered">Where its answers stand; none where they are put together of several fields.</param>
internal sealed record SourceRow(int Index, Row Row, Conversation Chat, RowForm Form, IReadOnlyList<TextPlace> Asked, IReadOnlyList<TextPlace> Answered)
{
    /// <summary>What it asks, as the key under which near-duplicates meet: what its children name.</summary>
    public ulong Key { get; } = PromptKey.Of(Chat);

    /// <summary>Its texts.</summary>
    public RuleTexts Texts { get; } = new([.. Asked.Select(p => p.In(Row.Fields)!)], [.. Answered.Select(p => p.In(Row.Fields)!)], ElsewhereIn(Chat, Answered.Count > 0));

    /// <summary>What is asked last, where it stands in the file; that is what a model writes anew.</summary>
    public string Prompt => Texts.Asked[^1];

    /// <summary>Index of the turn that is learned last.</summary>
    public int LastTurn { get; } = Enumerable.Range(0, Chat.Turns.Count).Last(i => Chat.Turns[i].Trained);

    /// <summary>Its last answer.</summary>
    public string Answer => Chat.Turns[LastTurn].Content;

    // What no rule changes: with it stands an answer that is put together of several fields.
    private static string ElsewhereIn(Conversation chat, bool hasAnswers) => string.Join('\n',
    [
        .. chat.Turns.Where(t => t.Role is "system" or "tool" || (!hasAnswers && t.Role == "assistant")).Select(static t => t.Content),
        .. chat.Turns.SelectMany(static t => t.Extra.Values).Select(static v => v?.ToJsonString() ?? ""), chat.Tools?.ToJsonString() ?? "",
    ]);

    /// <summary>Reads the rows of data files; those that augmentation made are told by their lineage.</summary>
    /// <param name="sources">The files.</param>
    /// <param name="columns">Field of a row's shape → column of the file, where they differ.</param>
    /// <param name="warn">Gets sentences about the files.</param>
    /// <exception cref="UserErrorException">Rows are wrong, running text, or none has a prompt that stands in the file as text; all are named.</exception>
    public static (IReadOnlyList<SourceRow> Rows, IReadOnlyList<MadeRow> Made) ReadAll(IReadOnlyList<DataSource> sources, IReadOnlyDictionary<string, string> columns, Action<string> warn)
    {
        var (rows, made, problems, unasked) = (new List<SourceRow>(), new List<MadeRow>(), new ProblemList(), 0);
        foreach (var (source, name) in sources.Zip(SourceNames.Of(sources)))
        {
            var reader = ConversationReader.Open(source.Path, DataSet.Of(source, new DataOptions { MaxLength = int.MaxValue, Columns = columns }), problems, name);
            foreach (var read in reader.Rows())
            {
                problems.Add(read.Problems);
                if (read.Chat is not { } chat)
                    continue;
                TextPlace[] Present(IReadOnlyList<TextPlace> some) => [.. some.Where(p => !string.IsNullOrWhiteSpace(p.In(read.Row.Fields)))];
                var form = reader.FormOf(read);
                if (chat.Kind == ConversationKind.Document)
                {
                    problems.Add(source.Path, "is running text, which asks nothing that could be asked otherwise", "give rows with prompts, or name the column that asks: --columns prompt=…");
                    break;
                }
                if (chat.Parents.Count > 0)
                    made.Add(new MadeRow(read.Row, chat));
                else if (Present(form.Places.Asked) is { Length: > 0 } asked)
                    rows.Add(new SourceRow(rows.Count, read.Row, chat, form, asked, Present(form.Places.Answered)));
                else
                    unasked++;
            }
            foreach (var sentence in reader.Warnings())
                warn(sentence);
        }
        problems.ThrowIfAny();
        if (unasked > 0)
            warn($"{unasked} rows are left alone: no prompt of theirs stands in one field as text of its own, apart from what the answer is taken from");
        return rows.Count > 0 ? (rows, made)
            : throw new UserErrorException(string.Join(", ", sources.Select(static s => s.Path)), made.Count > 0 ? "holds rows alone that were made of others" : "holds no row whose prompt stands in one field as text",
                "give the rows that people wrote, and columns that are fields of the file");
    }
}

/// <summary>A row that an earlier augmentation made: none is made of it, and it counts among those of its class.</summary>
/// <param name="Row">As it stands in the file.</param>
/// <param name="Chat">What it says.</param>
internal sealed record MadeRow(Row Row, Conversation Chat);

/// <summary>What a row is counted as when classes are balanced: a field of it, or the label in its answer.</summary>
/// <param name="rule">The name of a field, or <c>label</c>, or <c>label:PATTERN</c>.</param>
/// <param name="rows">All rows.</param>
internal sealed class RowClass(string rule, IReadOnlyList<SourceRow> rows)
{
    private readonly string? name = rows.Any(r => r.Row.Fields.ContainsKey(rule)) ? rule : null;
    private readonly LabelMetric? label = rows.Any(r => r.Row.Fields.ContainsKey(rule)) ? null : MetricTable.Parse(rule).Metric as LabelMetric
        ?? throw new UserErrorException($"--balance {rule}", $"is no field of the rows, which have {string.Join(", ", rows[0].Row.Fields.Take(12).Select(static f => f.Key))}", "name one of these, or give label, or label:PATTERN with a regular expression for the label in the answer");

    /// <summary>The field, where it is one.</summary>
    public string? Field => name;

    /// <summary>The class; null where the row has none.</summary>
    public string? Of(SourceRow row) => Of(row.Row, row.Answer);

    /// <inheritdoc cref="Of(SourceRow)"/>
    public string? Of(MadeRow row) => Of(row.Row, row.Chat.Turns.Last(static t => t.Trained).Content);

    private string? Of(Row row, string answer) => label is not null ? label.Of(answer) : row.Fields[name!] switch
    {
        null => null,
        var value when value.GetValueKind() == System.Text.Json.JsonValueKind.String => value.GetValue<string>(),
        var value => value.ToJsonString(),
    };
}
