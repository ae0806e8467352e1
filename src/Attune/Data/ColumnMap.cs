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

    /// <summary>Places in the fields of the shape → places in the row's own, without those that other fields of the shape take too.</summary>
    public RowPlaces Places(JsonObject fields, RowPlaces places)
    {
        if (columns.Count == 0) return places;
        var shared = columns.SelectMany(c => c.Column.FieldsOf(fields).Distinct()).GroupBy(static f => f).Where(static g => g.Count() > 1).Select(static g => g.Key).ToHashSet(StringComparer.Ordinal);
        TextPlace[] Own(TextPlace place) => columns.FirstOrDefault(c => c.Field == place.Field).Column switch
        {
            null => [place],
            { IsPlain: true } column => [.. column.PlacesIn(fields).Select(p => new TextPlace([.. p.Steps, .. place.Steps.Skip(1)]))],
            var column => place.Steps.Count == 1 ? [.. column.PlacesIn(fields)] : [],
        };
        TextPlace[] All(IEnumerable<TextPlace> some) => [.. some.SelectMany(Own).Where(p => !shared.Contains(p.Field))];
        return new RowPlaces(All(places.Asked), All(places.Answered));
    }

    /// <summary>The row's own fields that are read for a shape.</summary>
    public IReadOnlySet<string> Read(JsonObject fields, RowMapping mapping) => fields.Select(static f => f.Key)
        .Where(name => columns.Any(c => c.Column.FieldsOf(fields).Contains(name)) || (mapping.Consumes(name) && columns.All(c => c.Field != name))).ToHashSet(StringComparer.Ordinal);

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
