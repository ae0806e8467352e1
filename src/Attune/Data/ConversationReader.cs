using Attune.Problems;

namespace Attune.Data;

/// <summary>One file → conversations: format, shape, column names, the check that all rows agree, and the count of what nothing reads.</summary>
internal sealed class ConversationReader
{
    private readonly RowFile file;
    private readonly RowFormat format;
    private readonly DataOptions options;
    private readonly ProblemList problems;
    private readonly ColumnMap columns;
    private readonly SortedDictionary<string, int> unused = new(StringComparer.Ordinal);
    private string shape = "";
    private int rows;

    private ConversationReader(RowFile file, DataOptions options, ProblemList problems)
    {
        (this.file, this.options, this.problems) = (file, options, problems);
        format = RowFormats.Of(file, options.FileFormat);
        columns = new ColumnMap(options.Columns);
    }

    /// <summary>Looks at a file; a user error if it is missing or empty.</summary>
    public static ConversationReader Open(string path, DataOptions options, ProblemList problems) => new(RowFile.At(path), options, problems);

    /// <summary>What was detected; complete when all rows are read.</summary>
    public FileReport Report => new(this.file.Given, this.file.Zipped ? format.Name + ".gz" : format.Name, shape, this.rows);

    /// <summary>Fields that nothing reads, in one sentence for those that stand in equally many rows.</summary>
    public IEnumerable<string> Warnings() => unused.GroupBy(static u => u.Value, static u => u.Key).Select(same =>
    {
        string[] names = [.. same.Select(static n => $"`{n}`")];
        var subject = names.Length == 1 ? $"the field {names[0]}" : $"the fields {string.Join(", ", names[..^1])} and {names[^1]}";
        return $"{this.file.Name}: {subject} ({same.Key} row{(same.Key == 1 ? "" : "s")}) {(names.Length == 1 ? "is" : "are")} not used by the shape `{shape}`";
    });

    /// <summary>Reads all rows; those that are wrong are added to the problems and passed over.</summary>
    public IEnumerable<Conversation> Read()
    {
        var before = this.problems.Count;
        using var rows = Mapped().GetEnumerator();
        var first = new List<Row>();
        while (first.Count < ShapeDetector.Probed && rows.MoveNext()) first.Add(rows.Current);
        if (first.Count == 0)
        {
            if (this.problems.Count == before) this.problems.Add(this.file.Path, "holds no rows", "give a file with at least one row");
            yield break;
        }
        RowMapping mapping;
        try
        {
            mapping = ShapeDetector.Detect(first, this.options.Shape);
        }
        catch (UserErrorException e)
        {
            foreach (var problem in e.Problems) this.problems.Add(problem);
            yield break;
        }
        shape = mapping.Name;
        if (mapping.Map is null)
        {
            var (message, remedy) = mapping.Refusal!((first.Find(r => mapping.Fits(r.Fields)) ?? first[0]).Fields);
            this.problems.Add(this.file.Given, message, remedy);
            yield break;
        }
        foreach (var row in first.Concat(Rest(rows)))
        {
            this.rows++;
            if (Convert(row, mapping) is { } chat) yield return chat;
        }
    }

    private Conversation? Convert(Row row, RowMapping mapping)
    {
        if (!mapping.Fits(row.Fields))
        {
            this.problems.Add(Differs(row, mapping));
            return null;
        }
        foreach (var (field, _) in row.Fields)
            if (!mapping.Consumes(field)) unused[field] = unused.GetValueOrDefault(field) + 1;
        return mapping.Map!(row, this.problems);
    }

    private static Problem Differs(Row row, RowMapping mapping)
    {
        var missing = string.Join(", ", mapping.Missing(row.Fields).Select(m => $"`{m}`"));
        var other = RowMappings.Table.FirstOrDefault(m => m.Fits(row.Fields));
        return new Problem(row.Place,
            $"has no {missing}, although the file has the shape `{mapping.Name}`; its fields are {string.Join(", ", row.Fields.Take(12).Select(f => $"`{f.Key}`"))}",
            other is null ? "fill it in or remove the row" : $"it has the shape `{other.Name}`: put such rows into a file of their own");
    }

    private IEnumerable<Row> Mapped() =>
        format.Open(this.file).Read(this.problems).Select(row => columns.Apply(row, this.problems)).OfType<Row>();

    private static IEnumerable<Row> Rest(IEnumerator<Row> rows)
    {
        while (rows.MoveNext()) yield return rows.Current;
    }
}
