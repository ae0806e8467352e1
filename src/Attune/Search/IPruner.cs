namespace Attune.Search;

/// <summary>What a decision to stop a trial early may depend on: losses on the validation rows, where a lower one is better, whatever the study's metric is.</summary>
/// <param name="Trial">The trial, with at least one report.</param>
/// <param name="Trials">All trials of the study, that one among them.</param>
/// <param name="Grace">Reports of every trial before any is stopped, at least 1.</param>
/// <param name="Reduction">Of successive halving: how many times fewer trials go on from rung to rung, at least 2.</param>
public sealed record PrunerInput(Trial Trial, IReadOnlyList<Trial> Trials, int Grace, int Reduction);

/// <summary>
/// Decides after every report whether a trial goes on; a pure function. Trials are compared by the number of their reports rather than by steps: a
/// run validates about ten times, so that the same report is the same part of the training even where batches differ.
/// </summary>
public interface IPruner
{
    /// <summary>Why the trial should end; null where it should go on.</summary>
    string? Judge(PrunerInput input);
}

/// <summary>Every pruner, by its name in a recipe. To add one: a file beside this one and a line here.</summary>
public static class Pruners
{
    /// <summary>The table.</summary>
    public static IReadOnlyList<(string Name, IPruner? Pruner)> All { get; } =
    [
        ("asha", new HalvingPruner()),
        ("median", new MedianPruner()),
        ("none", null),
    ];

    /// <summary>The pruner of a name that was checked before; null for none.</summary>
    public static IPruner? Find(string name) => All.First(p => p.Name == name).Pruner;

    /// <summary>The best value of the first reports of a trial: what keeping the best checkpoint would give.</summary>
    internal static double BestOf(Trial trial, int reports) => trial.Reports.Take(reports).Min(static r => r.Value);
}
