using Attune.Data;
using Attune.Problems;

namespace Attune.Recipes;

/// <summary>
/// Columns of a data file (or templates over them, see <see cref="Column"/>) by the field of the row's shape that they fill: in YAML
/// <c>{prompt: question}</c>, in flags <c>prompt=question</c>.
/// </summary>
public static class ColumnPairs
{
    private static readonly IReadOnlyList<string> Fields = RowMappings.Fields;

    private static readonly string Form = $"columns by field ({string.Join(", ", Fields)}), such as prompt=question or prompt='{{question}} {{context}}'";

    internal static ValueKind<IReadOnlyDictionary<string, string>> Kind { get; } = new(
        "columns by field, such as {prompt: question}",
        static raw => Parse(raw.List ?? Pairs(raw.Scalar)),
        static v => "{" + string.Join(", ", v.Select(static p => $"{p.Key}: {YamlText.Scalar(p.Value)}")) + "}")
    { IsList = true, Schema = JsonSchemas.TextsByName };

    // A mapping in braces, as behind a flag, or one pair.
    private static IReadOnlyList<string> Pairs(string? scalar) =>
        scalar is null or "" ? [] : scalar.StartsWith('{') && FlowText.Read(scalar) is { } pairs ? [.. pairs.Select(static p => $"{p.Name}={p.Value}")] : [scalar];

    /// <summary>The flag that says them in a command to be pasted, with a blank in front; empty where there are none.</summary>
    public static string Flag(IReadOnlyDictionary<string, string> columns) =>
        columns.Count == 0 ? "" : " --columns " + ShellWord.Of(columns.Select(static c => $"{c.Key}={c.Value}"));

    /// <summary>The pairs, or what is wrong with one.</summary>
    internal static Parsed<IReadOnlyDictionary<string, string>> Parse(IReadOnlyList<string> pairs)
    {
        var columns = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            if (pair.StartsWith('{'))
                return Wrong($"'{pair}' is no mapping of fields to columns: put values with braces or brackets in quotes");
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            var (field, column) = at < 0 ? (pair, "") : (pair[..at].Trim(), pair[(at + 1)..]);
            // A blank or a line end at the end of a template is text.
            if (!column.Contains('{', StringComparison.Ordinal))
                column = column.Trim();
            if (column.Length == 0)
                return Wrong($"expected {Form}, found '{pair}'");
            if (!Fields.Contains(field))
                return Wrong($"expected {Form}, found the field '{field}'" + (Nearest.To(field, Fields) is { } near ? $" (did you mean {near}?)" : ""));
            if (Column.Parse(column, out var wrong) is null)
                return Wrong(wrong);
            if (!columns.TryAdd(field, column))
                return Wrong($"{field} is given twice: '{columns[field]}' and '{column}'");
        }
        return new(columns);
    }

    /// <summary>The pairs of a command line.</summary>
    /// <param name="option">The option, for the message.</param>
    /// <param name="pairs"><c>field=column</c> each.</param>
    /// <exception cref="UserErrorException">One is wrong.</exception>
    public static IReadOnlyDictionary<string, string> Read(string option, IReadOnlyList<string> pairs) =>
        Parse(pairs) is { Problem: null } parsed ? parsed.Value : throw new UserErrorException(option, Parse(pairs).Problem!);

    private static Parsed<IReadOnlyDictionary<string, string>> Wrong(string problem) => Parsed<IReadOnlyDictionary<string, string>>.Wrong(problem);
}
