using Attune.Problems;

namespace Attune.Data;

/// <summary>One file → conversations: format, shape, column names, the check that all rows agree, and the count of what nothing reads.</summary>
internal sealed class ConversationReader
{
    private readonly RowFile _file;
    private readonly RowFormat _format;
    private readonly DataOptions _options;
    private readonly ProblemList _problems;
    private readonly SortedDictionary<string, int> _unused = new(StringComparer.Ordinal);
    private string _shape = "";
    private int _rows;

    private ConversationReader(RowFile file, DataOptions options, ProblemList problems)
    {
        (_file, _options, _problems) = (file, options, problems);
        _format = RowFormats.Of(file, options.FileFormat);
    }

    /// <summary>Looks at a file; a user error if it is missing or empty.</summary>
    public static ConversationReader Open(string path, DataOptions options, ProblemList problems) => new(RowFile.At(path), options, problems);

    /// <summary>What was detected; complete when all rows are read.</summary>
    public FileReport Report => new(_file.Path, _file.Zipped ? _format.Name + ".gz" : _format.Name, _shape, _rows);

    /// <summary>Fields that nothing reads, one sentence each.</summary>
    public IEnumerable<string> Warnings() =>
        _unused.Select(u => $"{_file.Name}: the field `{u.Key}` ({u.Value} row{(u.Value == 1 ? "" : "s")}) is not used by the shape `{_shape}`");

    /// <summary>Reads all rows; those that are wrong are added to the problems and passed over.</summary>
    public IEnumerable<Conversation> Read()
    {
        var before = _problems.Count;
        using var rows = Renamed().GetEnumerator();
        var first = new List<Row>();
        while (first.Count < ShapeDetector.Probed && rows.MoveNext()) first.Add(rows.Current);
        if (first.Count == 0)
        {
            if (_problems.Count == before) _problems.Add(_file.Path, "holds no rows", "give a file with at least one row");
            yield break;
        }
        RowMapping mapping;
        try
        {
            mapping = ShapeDetector.Detect(first, _options.Shape);
        }
        catch (UserErrorException e)
        {
            foreach (var problem in e.Problems) _problems.Add(problem);
            yield break;
        }
        _shape = mapping.Name;
        foreach (var row in first.Concat(Rest(rows)))
        {
            _rows++;
            if (Convert(row, mapping) is { } chat) yield return chat;
        }
    }

    private Conversation? Convert(Row row, RowMapping mapping)
    {
        if (!mapping.Fits(row.Fields))
        {
            _problems.Add(Differs(row, mapping));
            return null;
        }
        foreach (var (field, _) in row.Fields)
            if (!mapping.Consumes(field)) _unused[field] = _unused.GetValueOrDefault(field) + 1;
        return mapping.Map(row, _problems);
    }

    private static Problem Differs(Row row, RowMapping mapping)
    {
        var missing = string.Join(", ", mapping.Missing(row.Fields).Select(m => $"`{m}`"));
        var other = RowMappings.Table.FirstOrDefault(m => m.Fits(row.Fields));
        return new Problem(row.Place,
            $"has no {missing}, although the file has the shape `{mapping.Name}`; its fields are {string.Join(", ", row.Fields.Take(12).Select(f => $"`{f.Key}`"))}",
            other is null ? "fill it in or remove the row" : $"it has the shape `{other.Name}`: put such rows into a file of their own");
    }

    private IEnumerable<Row> Renamed()
    {
        foreach (var row in _format.Open(_file).Read(_problems))
        {
            if (_options.Columns.Count == 0) yield return row;
            else if (RowFields.Rename(row, _options.Columns, _problems) is { } renamed) yield return renamed;
        }
    }

    private static IEnumerable<Row> Rest(IEnumerator<Row> rows)
    {
        while (rows.MoveNext()) yield return rows.Current;
    }
}
