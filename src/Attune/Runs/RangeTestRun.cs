using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Search;
using Attune.Training;

namespace Attune.Runs;

/// <summary>How a learning-rate range test is made.</summary>
public sealed record RangeTestOptions
{
    /// <summary>Optimizer steps, one a rate.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>The first rate; null for a hundredth of what <c>train</c> would choose.</summary>
    public double? From { get; init; }

    /// <summary>The last rate; null for a hundred times what <c>train</c> would choose.</summary>
    public double? To { get; init; }
}

/// <summary>
/// Takes the steps of a recipe with a rate that grows by the same factor every step, and reads from the losses which rate to train with. Nothing
/// of the model is kept.
/// </summary>
public static class RangeTestRun
{
    private const int Recent = 5;
    private const double Diverged = 1.5;

    /// <summary>Makes the test, and writes <c>range-test.html</c>, <c>.md</c> and <c>.json</c> into a folder.</summary>
    /// <param name="recipe">The recipe; its own learning rate and number of steps are not used.</param>
    /// <param name="options">How.</param>
    /// <param name="folder">The folder; it is created.</param>
    /// <param name="backend">Runs the kernels.</param>
    /// <param name="notice">Gets what is worth seeing.</param>
    /// <param name="cancel">Looked at before every micro-batch.</param>
    /// <exception cref="UserErrorException">Options, recipe, model or data are wrong.</exception>
    public static RangeTestReport Execute(
        Recipe recipe, RangeTestOptions options, string folder, Backend backend, Action<RunNotice> notice, CancellationToken cancel)
    {
        var given = recipe.Train.LearningRate;
        // Only steps are taken: nothing is measured, saved or compared.
        using var setup = RunSetup.Prepare(
            recipe with
            {
                Train = recipe.Train with { LearningRate = null, PrefixCache = PrefixCacheUse.Off },
                Objective = recipe.Objective with { Compare = null },
                Eval = recipe.Eval with { Metrics = ["loss"], Rows = 0, Memorisation = 0, Suites = [], General = EvalRecipe.None },
                Guard = new GuardRecipe(),
                Export = [],
            }, backend, static _ => { }, cancel);
        var rule = setup.Recipe.Train.LearningRate!.Value;
        var (from, to) = (options.From ?? rule / 100, options.To ?? rule * 100);
        if (!(from > 0 && to >= 10 * from && double.IsFinite(to)))
            throw new UserErrorException("--range", FormattableString.Invariant($"from {from:G4} to {to:G4}: expected two rates above 0, the second at least ten times the first"), "write --range 1e-6 1e-1");
        RunBase.Load(setup.Model.Folder, notice, cancel);
        using var arena = Arena.OfBytes(setup.Memory.Plan.Arena);
        using var model = TrainingModel.Build(setup.Model.Folder, setup.Method, backend, arena);
        var points = Steps(setup, model, arena, backend, from, to, options.Steps, notice, cancel);
        var title = $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(recipe.Model))} on {Path.GetFileName(recipe.Data.Train[0].Path)}";
        var report = new RangeTestReport(title, folder, new RangeCurve(points), rule, given, options.Steps, to);
        report.Write();
        return report;
    }

    private static List<RangePoint> Steps(
        RunSetup setup, TrainingModel model, Arena arena, Backend backend, double from, double to, int steps, Action<RunNotice> notice, CancellationToken cancel)
    {
        var gradients = new GradientStep(model, backend, arena, setup.Steps.Options);
        var optimizer = new AdamW(model.Weights, backend, setup.Steps.Options.Optimizer);
        var points = new List<RangePoint>();
        var cursor = new Data.DataCursor(0, 0);
        for (var i = 0; i < steps; i++)
        {
            var rate = from * Math.Pow(to / from, (double)i / (steps - 1));
            var loss = gradients.Run(setup.Steps.Packer.Get(cursor), i, cancel);
            points.Add(new RangePoint(rate, loss));
            notice(new NoticeProgress("range test", i + 1, steps, FormattableString.Invariant($"rate {rate:0.0e0}, loss {loss:F3}")));
            var norm = optimizer.GradientNorm();
            if (!double.IsFinite(loss) || !double.IsFinite(norm) || IsOver(points))
                break;
            optimizer.Step(rate, i + 1, norm);
            cursor = setup.Steps.Packer.After(cursor);
        }
        return points;
    }

    // What comes behind says nothing, and costs as much as what came before.
    private static bool IsOver(List<RangePoint> points) =>
        points.Count >= 2 * Recent && points.TakeLast(Recent).Average(static p => p.Loss) > Diverged * points.Take(Recent).Average(static p => p.Loss);
}
