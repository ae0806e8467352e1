using Attune.Problems;
using Attune.Reports;

namespace Attune.Runs;

/// <summary>Measures a model on suites, alone or beside another on the same rows: what <c>attune eval --suite</c> does.</summary>
public static class SuiteRun
{
    /// <summary>Measures.</summary>
    /// <param name="side">The model.</param>
    /// <param name="against">What it is compared with; null for nothing.</param>
    /// <param name="wish">Which suites.</param>
    /// <param name="notice">Gets what is worth seeing.</param>
    /// <param name="cancel">Looked at often.</param>
    /// <returns>All that a report says about it.</returns>
    /// <exception cref="UserErrorException">The suites or their rows are wrong, or it does not fit into memory.</exception>
    public static RunRecord Execute(EvalSide side, EvalSide? against, SuiteWish wish, Action<RunNotice> notice, CancellationToken cancel = default)
    {
        EvalSide[] sides = against is null ? [side] : [side, against];
        var tasks = SuiteSet.Read([.. sides.Select(static s => s.Model.Context)], wish, null, notice, cancel);
        SuiteMeasurement[] measured = [.. sides.Select((s, i) => Measure(s, tasks[i], notice, cancel))];
        var names = string.Join(", ", wish.Names.Select(static n => Path.GetFileNameWithoutExtension(n)));
        return new RunRecord
        {
            Title = against is null ? $"{side.Name} on the suite {names}" : $"{side.Name} against {against.Name} on the suite {names}",
            Sides = against is null ? ("before", "after") : (against.Name, side.Name),
            Facts =
            [
                new("Model", EvalRun.Described(side)),
                .. against is null ? Array.Empty<Fact>() : [new("Compared with", EvalRun.Described(against))],
                .. tasks[0].Select(static t => new Fact(t.Task.Name, t.Task.About)),
            ],
            Metrics = against is null ? [] : measured[0].ChangesFrom(measured[1]),
            Values = against is null ? measured[0].Values() : [],
            Environment = [.. TrainRun.Environment(side.Model.Backend).Select(static p => new Fact(p.Key, p.Value)), new("attune", Manifest.Version)],
        };
    }

    private static SuiteMeasurement Measure(EvalSide side, IReadOnlyList<SuiteRows> tasks, Action<RunNotice> notice, CancellationToken cancel)
    {
        var (model, backend) = (side.Model, side.Model.Backend);
        using var arena = model.Reserve(tasks.Max(t => EvalRun.PlanArena(t.Rows, model.Decoder, side.Adapters, backend)));
        return SuiteMeasurement.Of(tasks, model.Context.Tokenizer, model.Decoder, side.Adapters, backend, arena, side.Name, notice, cancel);
    }
}
