using System.Text.Json.Nodes;
using Attune.Problems;

namespace Attune.Data;

/// <summary>The row as a shape knows it: fields that <c>data.columns</c> fills, beside those of the file that it does not use.</summary>
internal sealed class ColumnMap
{
    private readonly IReadOnlyList<(string Field, Column Column)> columns;

    /// <param name="columns">Field of the shape → column, path or template.</param>
    /// <exception cref="UserErrorException">One of them cannot be read.</exception>
    public ColumnMap(IReadOnlyDictionary<string, string> columns) => this.columns =
    [
        .. columns.Select(c => (c.Key, Column.Parse(c.Value, out var problem) ?? throw new UserErrorException($"data.columns.{c.Key}", problem, "mend it"))),
    ];

    /// <summary>The row with its fields filled; null, with problems added, where a column is missing.</summary>
    public Row? Apply(Row row, ProblemList problems)
    {
        if (columns.Count == 0) return row;
        var before = problems.Count;
        var fields = new JsonObject();
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (field, column) in columns)
        {
            fields[field] = column.Value(row, problems);
            used.UnionWith(column.FieldsOf(row.Fields));
        }
        if (problems.Count != before) return null;
        foreach (var (name, value) in row.Fields)
        {
            if (!used.Contains(name) && !fields.ContainsKey(name)) fields[name] = value?.DeepClone();
        }
        return row with { Fields = fields };
    }
}
