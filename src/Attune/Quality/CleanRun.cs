using Attune.Data;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Quality;

/// <summary>
/// Two passes over data files: the first finds what remedies drop, the second writes the rows that stay as they came, and a list of the others.
/// Both files are whole or not there.
/// </summary>
internal sealed class CleanRun : IDisposable
{
    private readonly CleanOptions options;
    private readonly QualityScan scan;
    private readonly Dictionary<(RunningCheck Check, bool Late), ReasonLog> reasons = [];
    private readonly Dictionary<string, (long Rows, List<QualityExample> First)> changes = [];
    private long changed;

    public CleanRun(CleanOptions options)
    {
        this.options = options;
        if (options.Out is { } target) RefuseInput(target);
        scan = QualityScan.ForRemedies(options.Look, options.Chosen(), (check, concern, late) => reasons[(check, late)].Add(concern.Row, concern.Why));
        foreach (var check in scan.Checks) (reasons[(check, false)], reasons[(check, true)]) = (new ReasonLog(), new ReasonLog());
        foreach (var mend in scan.Mends) changes[mend.Name] = (0, []);
    }

    /// <summary>Does it.</summary>
    public CleanResult Execute(Action<long, long>? progress, CancellationToken cancel)
    {
        var report = scan.Run(progress, cancel);
        if (scan.EndOfFile is { } end) throw new UserErrorException(end.Place, end.Message, "mend it: the rows behind it cannot be read, and would be lost");
        var kept = report.Rows - scan.Checks.Sum(static c => c.Concerned);
        if (kept == 0) throw new UserErrorException("--remedy", $"drops all {report.Rows} rows: nothing would be left", "choose fewer remedies");
        if (options.Out is { } target)
            AtomicFile.Write(options.List!, list => RowWriter.Write(target, RowFile.At(options.Look.Files[0].Path), Kept(new DropList(list), progress, cancel)));
        else if (scan.Mends.Count > 0)
            foreach (var _ in Kept(null, progress, cancel)) { }
        var remedies = scan.Mends.Select(m => new RemedyResult(m.Name, m.Does, changes[m.Name].Rows, changes[m.Name].First))
            .Concat(scan.Checks.Zip(report.Findings, static (c, f) => new RemedyResult(c.Remedy!.Name, c.Remedy.Does, c.Concerned, f.Examples)));
        return new CleanResult(report.Rows, kept, changed, [.. remedies], scan.KeptUnreadable);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var log in reasons.Values) log.Dispose();
        scan.Dispose();
    }

    // The rows that stay, in their order; what becomes of the others is written to the list on the way.
    private IEnumerable<Row> Kept(DropList? list, Action<long, long>? progress, CancellationToken cancel)
    {
        var logs = reasons.Select(static r => (Remedy: r.Key.Check.Remedy!, Rows: r.Value.Read().GetEnumerator())).ToArray();
        var open = logs.Select(static l => l.Rows.MoveNext()).ToArray();
        RowFile[] files = [.. Files()];
        var (id, done, all) = (scan.Ledger.FirstLooked, 0L, files.Sum(static f => f.Bytes));
        foreach (var file in files)
        {
            var foreign = RowWriter.IsForeign(file, files[0]);
            foreach (var row in RowFormats.Of(file).Open(file).Records())
            {
                cancel.ThrowIfCancellationRequested();
                if ((id & 0xFF) == 0) progress?.Invoke(Math.Min(done, all), all);
                done += row.Raw.Length + 1;
                var at = id++;
                var why = Enumerable.Range(0, logs.Length).FirstOrDefault(i => open[i] && logs[i].Rows.Current.Id == at, -1);
                if (why >= 0)
                {
                    list?.Dropped(row, logs[why].Remedy.Name, logs[why].Rows.Current.Why);
                    open[why] = logs[why].Rows.MoveNext();
                    continue;
                }
                yield return Mended(foreign ? row with { Raw = default } : row, list);
            }
        }
        if (id != scan.Ledger.Count) throw new RunFailedException(new Problem(options.Look.Files[0].Path, "changed while it was read", "start again"));
    }

    private IEnumerable<RowFile> Files() => options.Look.Sources().Where(static s => !s.IsEvaluation).Select(static s => RowFile.At(s.Source.Path, s.Name));

    private Row Mended(Row row, DropList? list)
    {
        if (scan.Mends.Count == 0 || row.Fault is not null) return row;
        var texts = new List<TextChange>();
        var mended = TextMends.Change(row, scan.Mends, texts.Add);
        if (texts.Count == 0) return row;
        changed++;
        list?.Changed(row, texts);
        foreach (var same in texts.GroupBy(static t => t.Remedy))
        {
            var (rows, first) = changes[same.Key];
            var text = same.First();
            if (first.Count < options.Look.Settings.Examples)
                first.Add(new QualityExample(row.Place, $"changes in {text.Field}", text.Before, "", new QualityExample(row.Place, "", text.After, "")));
            changes[same.Key] = (rows + 1, first);
        }
        return mended;
    }

    private void RefuseInput(string target)
    {
        foreach (var source in options.Look.Files.Concat(options.Look.Evaluation))
        {
            if (Path.GetFullPath(source.File) is var file && (file == Path.GetFullPath(target) || file == Path.GetFullPath(options.List!)))
                throw new UserErrorException($"--out {target}", "is one of the files that are read", "give another name: nothing is changed in place");
        }
        if (RowWriter.Unlike([.. Files()]) is { } why)
            throw new UserErrorException($"--out {target}", $"cannot hold the rows of {why}", "clean them one by one");
    }
}
