using Attune.Problems;

namespace Attune.Data;

/// <summary>One file → conversations: format, shape, column names, the check that all rows agree, and the count of what nothing reads.</summary>
internal sealed class ConversationReader
{
    // Records among which the first rows are looked for: beyond these the shape is told from fewer.
    private const int MostProbed = 1000;

    private readonly RowFile file;
    private readonly RowFormat format;
    private readonly DataOptions options;
    private readonly ProblemList problems;
    private readonly ColumnMap columns;
    private readonly SortedDictionary<string, int> unused = new(StringComparer.Ordinal);
    private RowMapping? found;
    private int rows;

    private ConversationReader(RowFile file, DataOptions options, ProblemList problems)
    {
        (this.file, this.options, this.problems) = (file, options, problems);
        format = RowFormats.Of(file);
        columns = new ColumnMap(options.Columns);
    }

    /// <summary>Looks at a file; a user error if it is missing or empty.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="problems">Gets what is wrong with the file as a whole.</param>
    /// <param name="name">What its rows call it among others; null for its own name.</param>
    public static ConversationReader Open(string path, DataOptions options, ProblemList problems, string? name = null) => new(RowFile.At(path, name), options, problems);

    /// <summary>Bytes of the file, unpacked.</summary>
    public long Bytes => file.Bytes;

    /// <summary>What was detected; complete when all rows are read.</summary>
    public FileReport Report => new(this.file.Given, this.file.Zipped ? format.Name + ".gz" : format.Name, found?.Name ?? "", this.rows);

    /// <summary>Fields that nothing reads, in one sentence for those that stand in equally many rows.</summary>
    public IEnumerable<string> Warnings() => unused.GroupBy(static u => u.Value, static u => u.Key).Select(same =>
    {
        string[] names = [.. same.Select(static n => $"`{n}`")];
        var subject = names.Length == 1 ? $"the field {names[0]}" : $"the fields {string.Join(", ", names[..^1])} and {names[^1]}";
        return $"{this.file.Name}: {subject} ({same.Key} row{(same.Key == 1 ? "" : "s")}) {(names.Length == 1 ? "is" : "are")} not used by the shape `{found!.Name}`";
    });

    /// <summary>Reads all rows; those that are wrong are added to the problems and passed over.</summary>
    public IEnumerable<Conversation> Read()
    {
        foreach (var read in Rows())
        {
            this.problems.Add(read.Problems);
            if (read.Chat is { } chat) yield return chat;
        }
    }

    /// <summary>
    /// Reads every record of the file, in order: with its conversation, or with what is wrong. What concerns the whole file (no rows, an unknown
    /// shape) is added to the reader's own problems.
    /// </summary>
    /// <param name="mend">Changes rows before they are read; null for none.</param>
    public IEnumerable<ReadRow> Rows(Func<Row, Row>? mend = null)
    {
        var first = new List<ReadRow>();
        var (good, all) = (0, 0);
        RowMapping? mapping = null;
        foreach (var record in format.Open(this.file).Records())
        {
            all++;
            var read = Column(record, mend);
            if (mapping is not null)
            {
                yield return Convert(read, mapping);
                continue;
            }
            first.Add(read);
            good += read.Fields is null ? 0 : 1;
            if (good < ShapeDetector.Probed && first.Count < MostProbed) continue;
            if (good > 0 && (mapping = Detect(first)) is null) yield break;
            foreach (var early in first) yield return mapping is null ? early : Convert(early, mapping);
            first.Clear();
        }
        if (all == 0) this.problems.Add(this.file.Path, "holds no rows", "give a file with at least one row");
        if (mapping is null && good > 0 && (mapping = Detect(first)) is null) yield break;
        foreach (var early in first) yield return mapping is null ? early : Convert(early, mapping);
    }

    /// <summary>Of a row that was understood, where its texts stand in the file's own fields, and how another one of the same form is read.</summary>
    public RowForm FormOf(ReadRow read)
    {
        var (mapping, fields) = (found!, read.Row.Fields);
        return new RowForm(mapping.Places is { } of ? columns.Places(fields, of(read.Fields!.Fields)) : new RowPlaces([], []), columns.Read(fields, mapping), other =>
        {
            var aside = new ProblemList();
            var chat = columns.Apply(read.Row with { Fields = other }, aside) is { } row ? mapping.Map!(row, aside) : null;
            return aside.Count == 0 ? chat : null;
        });
    }

    // The shape of the first rows; null, with a problem, where it is none that can be learned.
    private RowMapping? Detect(List<ReadRow> first)
    {
        Row[] rows = [.. first.Select(static r => r.Fields).OfType<Row>().Take(ShapeDetector.Probed)];
        RowMapping mapping;
        try
        {
            mapping = ShapeDetector.Detect(rows, this.options.Shape, this.options.Columns.Keys, format.Mistaken);
        }
        catch (UserErrorException e)
        {
            foreach (var read in first) this.problems.Add(read.Problems);
            foreach (var problem in e.Problems) this.problems.Add(problem);
            return null;
        }
        found = mapping;
        if (mapping.Map is not null) return mapping;
        var (message, remedy) = mapping.Refusal!((rows.FirstOrDefault(r => mapping.Fits(r.Fields)) ?? rows[0]).Fields);
        this.problems.Add(this.file.Given, message, remedy);
        return null;
    }

    private ReadRow Column(Row record, Func<Row, Row>? mend)
    {
        var problems = new ProblemList();
        if (record.Fault is { } fault)
        {
            problems.Add(fault, RowFault.Record);
            return new ReadRow(record, null, null, problems);
        }
        var row = mend is null ? record : mend(record);
        return new ReadRow(row, columns.Apply(row, problems), null, problems);
    }

    private ReadRow Convert(ReadRow read, RowMapping mapping)
    {
        if (read.Fields is not { } row) return read;
        this.rows++;
        if (!mapping.Fits(row.Fields))
        {
            read.Problems.Add(Differs(row, mapping), RowFault.Fields);
            return read;
        }
        foreach (var (field, _) in row.Fields)
            // An index that pandas wrote has no name, and says nothing.
            if (field.Length > 0 && !mapping.Consumes(field)) unused[field] = unused.GetValueOrDefault(field) + 1;
        var (chat, parents) = (mapping.Map!(row, read.Problems), Lineage.Read(row, read.Problems));
        if (chat is null || parents is null) return read;
        if (parents.Count > 0 && chat.Kind == ConversationKind.Document)
        {
            read.Problems.Add(row.Place, $"is running text with the field `{Lineage.Parents}`, which only rows with prompts can have", "rename the field if it means something else");
            return read;
        }
        return read with { Chat = chat with { Parents = parents } };
    }

    private static Problem Differs(Row row, RowMapping mapping)
    {
        var missing = string.Join(", ", mapping.Missing(row.Fields).Select(m => $"`{m}`"));
        var other = RowMappings.Table.FirstOrDefault(m => m.Fits(row.Fields));
        return new Problem(row.Place,
            $"has no {missing}, although the file has the shape `{mapping.Name}`; its fields are {string.Join(", ", row.Fields.Take(12).Select(f => $"`{f.Key}`"))}",
            other is null ? "fill it in or remove the row" : $"it has the shape `{other.Name}`: put such rows into a file of their own");
    }
}

/// <summary>A record as it was read.</summary>
/// <param name="Row">It, as it stands in the file (or as it was mended).</param>
/// <param name="Fields">It, with the fields of its shape filled by columns; null where that cannot be done.</param>
/// <param name="Chat">What it says; null where something is wrong.</param>
/// <param name="Problems">What is wrong.</param>
internal sealed record ReadRow(Row Row, Row? Fields, Conversation? Chat, ProblemList Problems);
