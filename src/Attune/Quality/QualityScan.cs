using Attune.Data;
using Attune.Problems;

namespace Attune.Quality;

/// <summary>
/// One pass over data files: every row goes to every check as it is read. What is remembered of a row lies on scratch files, so that memory does not
/// grow with the data but for a few bytes a row.
/// </summary>
internal sealed class QualityScan : IDisposable
{
    // What threads look at ahead: enough to keep them busy, and little of a file in memory.
    private const int RowsAhead = 64, BytesAhead = 1 << 20;

    private readonly QualityOptions options;
    private readonly RowLedger ledger = new();
    private readonly List<RunningCheck> checks = [];
    private readonly RowMarks gone = new();
    private readonly List<FileReport> evaluation = [], files = [];
    private readonly List<string> warnings = [];
    private Action<RunningCheck, Concern, bool>? dropping;
    private long bytes;

    private QualityScan(QualityOptions options) => this.options = options;

    /// <summary>A scan by all checks that apply, each for itself.</summary>
    public static QualityScan ForReport(QualityOptions options)
    {
        var scan = new QualityScan(options);
        foreach (var kind in QualityChecks.Table) scan.Begin(kind, null);
        return scan;
    }

    /// <summary>
    /// A scan for remedies: each check looks at the rows that the ones before it have left, in the order of the table, with the changes of those that
    /// change rows.
    /// </summary>
    /// <param name="options">The files.</param>
    /// <param name="remedies">Those that work.</param>
    /// <param name="dropping">Gets each row that a remedy drops: the check, what it says, and whether only the whole could tell; of each of the two kinds ascending.</param>
    public static QualityScan ForRemedies(QualityOptions options, IReadOnlyList<QualityRemedy> remedies, Action<RunningCheck, Concern, bool> dropping)
    {
        var scan = new QualityScan(options) { dropping = dropping };
        foreach (var (kind, remedy) in QualityChecks.Remedies.Where(r => remedies.Contains(r.Remedy) && r.Remedy.Mend is null)) scan.Begin(kind, remedy);
        scan.Mends = [.. QualityChecks.Remedies.Select(static r => r.Remedy).Where(r => remedies.Contains(r) && r.Mend is not null)];
        return scan;
    }

    /// <summary>The checks at work.</summary>
    public IReadOnlyList<RunningCheck> Checks => checks;

    /// <summary>What is remembered of the records.</summary>
    public RowLedger Ledger => ledger;

    /// <summary>The remedies that change rows, in their order.</summary>
    public IReadOnlyList<QualityRemedy> Mends { get; private set; } = [];

    /// <summary>The first fault behind which the rest of a file could not be read; null for none.</summary>
    public Problem? EndOfFile { get; private set; }

    /// <summary>Records that cannot be learned from and that no remedy has dropped.</summary>
    public long KeptUnreadable { get; private set; }

    /// <summary>Reads all files.</summary>
    /// <param name="progress">Gets bytes done and bytes to do.</param>
    /// <param name="cancel">Honoured between rows.</param>
    /// <exception cref="UserErrorException">A file is missing, of no known shape, or no row of it can be read.</exception>
    public QualityReport Run(Action<long, long>? progress = null, CancellationToken cancel = default)
    {
        var problems = new ProblemList();
        var data = new DataOptions { MaxLength = int.MaxValue, Columns = options.Columns };
        (DataSource Source, string Name, bool IsEvaluation, ConversationReader Reader)[] readers =
            [.. options.Sources().Select(s => (s.Source, s.Name, s.IsEvaluation, ConversationReader.Open(s.Source.Path, DataSet.Of(s.Source, data), problems, s.Name)))];
        var all = readers.Sum(static r => r.Reader.Bytes);
        foreach (var (source, name, isEvaluation, reader) in readers)
        {
            ledger.Begin(name, isEvaluation);
            var before = bytes;
            Read(source, reader, isEvaluation, problems, () => progress?.Invoke(Math.Min(bytes, all), all), cancel);
            bytes = before + reader.Bytes;
            (isEvaluation ? evaluation : files).Add(reader.Report);
            warnings.AddRange(reader.Warnings());
        }
        problems.ThrowIfAny();
        foreach (var check in checks)
        {
            foreach (var concern in check.Check.Late(gone, cancel)) Take(check, concern, late: true);
        }
        var rows = ledger.Count - ledger.FirstLooked;
        return new QualityReport(files, evaluation, rows, bytes, [.. checks.Select(c => c.Finding(ledger, rows))], warnings);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var check in checks) check.Dispose();
        ledger.Dispose();
    }

    private void Begin(QualityCheckKind kind, QualityRemedy? remedy)
    {
        if (kind.Make(new QualityContext(options, ledger, remedy)) is { } check) checks.Add(new RunningCheck(kind, check, remedy, options.Settings.Examples));
        else if (remedy is not null) throw new UserErrorException($"--remedy {remedy.Name}", $"needs {kind.Wants}", "give it, or leave the remedy out");
    }

    private void Read(DataSource source, ConversationReader reader, bool isEvaluation, ProblemList problems, Action progress, CancellationToken cancel)
    {
        var (read, good) = (0L, 0L);
        var bad = new ProblemList();
        foreach (var record in Ahead(reader.Rows(Mends.Count == 0 ? null : r => TextMends.Change(r, Mends)), isEvaluation, cancel))
        {
            cancel.ThrowIfCancellationRequested();
            read++;
            bytes += record.Read.Row.Raw.Length + 1;
            if ((read & 0xFF) == 1) progress();
            good += record.Row is null ? 0 : 1;
            if (record.Row is null && bad.Count < ProblemList.Shown) bad.Add(record.Read.Problems);
            Look(record.Read, record.Row, isEvaluation);
        }
        // Nothing to report on: the columns are wrong, or the file is not what it is taken for.
        if (good == 0 && read > 0) problems.Add(bad);
        if (good == 0 && read > bad.Count) problems.Add(source.Path, $"holds no row that can be read, of {read}", "mend the first ones and look again");
    }

    // The records in their order; what checks find in each row alone is found for many of them at once.
    private IEnumerable<(ReadRow Read, QualityRow? Row)> Ahead(IEnumerable<ReadRow> records, bool isEvaluation, CancellationToken cancel)
    {
        var (block, held) = (new List<ReadRow>(), 0L);
        foreach (var record in records)
        {
            block.Add(record);
            held += record.Row.Raw.Length;
            if (block.Count < RowsAhead && held < BytesAhead) continue;
            foreach (var found in Find(block, isEvaluation, cancel)) yield return found;
            block.Clear();
            held = 0;
        }
        foreach (var found in Find(block, isEvaluation, cancel)) yield return found;
    }

    private (ReadRow Read, QualityRow? Row)[] Find(List<ReadRow> block, bool isEvaluation, CancellationToken cancel)
    {
        var (first, rows) = (ledger.Count, new (ReadRow, QualityRow?)[block.Count]);
        Parallel.For(0, rows.Length, new ParallelOptions { CancellationToken = cancel }, i =>
        {
            var row = block[i].Chat is { } chat ? new QualityRow(first + i, block[i].Row, chat) : null;
            if (!isEvaluation) row?.Find(checks.Select(static c => c.Check));
            rows[i] = (block[i], row);
        });
        return rows;
    }

    private void Look(ReadRow record, QualityRow? row, bool isEvaluation)
    {
        var id = ledger.Count;
        if (row is null)
        {
            var unreadable = new UnreadableRow(id, record.Row, record.Problems);
            ledger.Add(unreadable);
            if (isEvaluation) return;
            if (record.Row.EndsFile) EndOfFile ??= record.Row.Fault;
            Each(id, c => c.LookUnreadable(unreadable));
            KeptUnreadable += gone[id] ? 0 : 1;
            return;
        }
        ledger.Add(row);
        if (!isEvaluation) Each(id, c => c.Look(row));
        else foreach (var check in checks) check.Check.SeeEvaluation(row);
    }

    private void Each(int id, Func<QualityCheck, string?> look)
    {
        foreach (var check in checks)
        {
            if (gone[id]) return;
            if (look(check.Check) is { } why) Take(check, new Concern(id, why), late: false);
        }
    }

    private void Take(RunningCheck check, Concern concern, bool late)
    {
        check.Add(concern);
        if (check.Remedy is null) return;
        gone.Add(concern.Row);
        dropping?.Invoke(check, concern, late);
    }
}
