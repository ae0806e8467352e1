using System.Text.Json.Nodes;
using Attune.Problems;

namespace Attune.Data;

/// <summary>One column of data files beside what the rows' shape reads: what a measurement needs and training does not.</summary>
public static class RowColumn
{
    /// <summary>The column's values by file (see <see cref="SourceNames"/>) and row number.</summary>
    /// <param name="sources">Files of rows.</param>
    /// <param name="column">The column; every row that is asked for must have it.</param>
    /// <exception cref="UserErrorException">A file cannot be read.</exception>
    public static IReadOnlyDictionary<(string File, int Row), JsonNode?> Read(IReadOnlyList<DataSource> sources, string column)
    {
        var values = new Dictionary<(string, int), JsonNode?>();
        var problems = new ProblemList();
        foreach (var file in sources.Zip(SourceNames.Of(sources), static (s, name) => RowFile.At(s.Path, name)))
        {
            foreach (var row in RowFormats.Of(file).Open(file).Read(problems))
            {
                if (row.Fields.TryGetPropertyValue(column, out var value))
                    values.TryAdd((row.File, row.Number), value);
            }
        }
        problems.ThrowIfAny();
        return values;
    }
}
