using System.Globalization;
using Attune.Engine;
using Attune.Problems;
using Attune.Recipes;
using Attune.Selection;

namespace Attune.Runs;

/// <summary>Has a model say of every row what a selector wants to know, and writes it down: once for any number of budgets.</summary>
internal sealed class RowScoring
{
    // Also what a kill can lose.
    private const int RowsAtOnce = 32;

    // Where no row is longer.
    private const int WidestPass = 512;

    // LESS takes a twentieth of hundreds of thousands of rows; of a few thousand that is too little to learn from.
    private const double WarmUpShare = 0.05;
    private const int LeastWarmUpRows = 256;

    // Wrong answers surprise a model that knows the task; four passes are too few to learn them by heart, and more rows tell more.
    private const string WarmUpToSuspect = "100%";

    private readonly InferenceModel model;
    private readonly SelectOptions options;
    private readonly IReadOnlyList<SelectionRow> rows;
    private readonly MeasureParts parts;
    private readonly WarmUpOptions? warmUp;
    private readonly RowMeasure[] measures;
    private readonly int passRows;

    public RowScoring(InferenceModel model, SelectOptions options, Selector selector, IReadOnlyList<SelectionRow> rows, IReadOnlyList<IReadOnlyList<SelectionRow>> valid)
    {
        (this.model, this.options, this.rows) = (model, options, rows);
        parts = new MeasureParts { Rows = rows, Valid = valid, Projection = options.Projection, Seed = options.Seed };
        measures = [.. selector.Measures.Select(m => m(parts))];
        passRows = Math.Max(WidestPass, rows.Concat(valid.SelectMany(static v => v)).Max(static r => r.Examples.Max(static e => e.Positions)));
        warmUp = options.WarmUp is null && !selector.NeedsValidation && options.Suspect is null ? null : new WarmUpOptions
        {
            Rows = WarmUpRows(options.WarmUp ?? (options.Suspect is null ? null : WarmUpToSuspect), rows.Count),
            Rate = new Choices().LearningRate(options.LearningRate, new MethodRecipe { Kind = MethodKind.Lora, Rank = WarmUpOptions.Rank, Alpha = WarmUpOptions.Alpha }, false, model.Decoder.Spec.Hidden),
            Seed = options.Seed,
        };
        if (warmUp is not null && model.Adapters is not null)
            throw new UserErrorException("--adapter", $"--by {selector.Name} tunes adapters of its own for a moment, and has no room for another", "merge it first (attune merge)");
    }

    /// <summary>The mean learning rate before each checkpoint of the warm-up; empty without one.</summary>
    public IReadOnlyList<double> Rates => warmUp is null ? [] : WarmUp.RatesOf(warmUp.Rate);

    /// <summary>The pass in which the loss of the answers is measured; −1 where it is not.</summary>
    public int LossPass => Array.FindIndex([.. measures.SelectMany(static m => Enumerable.Repeat(m, m.Passes))], static m => m is LossMeasure);

    /// <summary>What is measured of the rows, with what was measured before; null where nothing is to be.</summary>
    public ScoreLog? Measure(Action<RunNotice> notice, CancellationToken cancel, out int resumed)
    {
        resumed = 0;
        if (measures.Length == 0)
            return null;
        var passes = measures.SelectMany(static m => Enumerable.Range(0, m.Passes).Select(pass => (Measure: m, Pass: pass))).ToArray();
        var vectors = Array.FindIndex(passes, p => p.Measure.VectorLength(model.Decoder.Spec) > 0);
        var shape = new ScoreShape([.. passes.Select(static p => p.Measure.Values)], vectors, vectors < 0 ? 0 : passes[vectors].Measure.VectorLength(model.Decoder.Spec));
        var log = ScoreLog.Open(options.ScoresPath, Settings(), rows, shape);
        try
        {
            resumed = log.Done;
            if (log.Done < passes.Length * rows.Count)
                Measure(log, passes, notice, cancel);
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    private void Measure(ScoreLog log, (RowMeasure Measure, int Pass)[] passes, Action<RunNotice> notice, CancellationToken cancel)
    {
        using var arena = model.Reserve(Plan());
        using var warm = warmUp is null ? null : Warm(arena, notice, cancel);
        parts.WarmUp = warm;
        var asked = warm is null ? new MeasuringModel(model.Decoder, model.Adapters, model.Backend, passRows) : new MeasuringModel(warm.Model.Decoder, warm.Model.Adapters, model.Backend, passRows);
        var total = passes.Length * rows.Count;
        for (var begun = -1; log.Done < total;)
        {
            var (pass, row) = (log.Done / rows.Count, log.Done % rows.Count);
            notice(new NoticeProgress("rows", log.Done, total));
            cancel.ThrowIfCancellationRequested();
            if (begun != pass)
                passes[pass].Measure.Begin(passes[pass].Pass, asked, arena, cancel);
            begun = pass;
            SelectionRow[] next = [.. rows.Skip(row).Take(RowsAtOnce)];
            var measured = passes[pass].Measure.Of(next, asked, arena, cancel);
            if (next.Zip(measured).FirstOrDefault(static m => !m.Second.Values.All(double.IsFinite) || m.Second.Vector?.All(float.IsFinite) == false) is { First: { } bad })
                throw new RunFailedException(new Problem(bad.Place, "what the model says of it is no finite number", "look at the row and at the model: attune eval measures its loss"));
            log.Append(measured);
        }
        notice(new NoticeProgress("rows", total, total));
        warm?.Clear();
    }

    private WarmUp Warm(Arena arena, Action<RunNotice> notice, CancellationToken cancel)
    {
        var warm = new WarmUp(model.Context.Folder, rows, warmUp!, (model.Backend, arena, passRows), Path.ChangeExtension(options.ScoresPath, ".warm-up"), Identity());
        try
        {
            warm.Run((done, total) => notice(new NoticeProgress("warm-up", done, total, "steps")), cancel);
            warm.Load(WarmUpOptions.Checkpoints - 1);
            return warm;
        }
        catch
        {
            warm.Dispose();
            throw;
        }
    }

    private long Plan() => warmUp is null
        ? measures.Max(m => m.Plan(new MeasuringModel(model.Decoder, model.Adapters, model.Backend, passRows)))
        : WarmUp.Plan(model.Context.Folder, warmUp, model.Backend, passRows, measures);

    private string Identity() => string.Join('\n', Settings().Select(static s => $"{s.Name} {s.Value}"));

    private IReadOnlyList<(string Name, string Value)> Settings() =>
    [
        ("model", model.Fingerprint()), ("tokenizer", model.Context.Tokenizer.Hash), ("template", model.Context.Template?.Hash ?? "none"),
        ("rows", rows.Count.ToString(CultureInfo.InvariantCulture)), ("data", SelectionRow.HashOf(rows)),
        .. measures.SelectMany(static m => m.Settings).GroupBy(static s => s.Name).Select(static g => (g.Key, string.Join("; ", g.Select(static s => s.Value)))),
        .. warmUp?.Settings ?? [("warm-up rows", "none")],
    ];

    private static int WarmUpRows(string? given, int count)
    {
        if (given is null)
            return Math.Min(count, Math.Max(LeastWarmUpRows, (int)(count * WarmUpShare)));
        var budget = Budget.Parse(given, "--warm-up");
        if (budget.Unit == BudgetUnit.Tokens)
            throw new UserErrorException($"--warm-up {given}", "expected a number of rows or a share of them", "write 500 or 20%");
        return budget.RowsOf(count);
    }
}
