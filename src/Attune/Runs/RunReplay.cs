using System.Globalization;
using Attune.Data;
using Attune.Problems;
using Attune.Reports;

namespace Attune.Runs;

/// <summary>Rows of <c>data.replay</c> in the training rows, weighed so that their part of the trained tokens is the one that is asked for.</summary>
/// <param name="Rows">How many.</param>
/// <param name="Times">How often each is seen in an epoch, on the average.</param>
/// <param name="Share">Their part of the trained tokens of an epoch.</param>
/// <param name="LeftOut">Those that were left out, since they were made of validation or test rows, or ask what these ask.</param>
public sealed record RunReplay(int Rows, double Times, double Share, int LeftOut)
{
    /// <summary>For the report.</summary>
    public string Fact => $"{Numbers.Count(Rows)} rows, each {Times.ToString("0.##", CultureInfo.InvariantCulture)} times an epoch: {Numbers.Share(Share)} of the trained tokens"
        + (LeftOut == 0 ? "" : $"; {Numbers.Count(LeftOut)} {(LeftOut == 1 ? "was" : "were")} left out whose parents are validation or test rows");

    /// <summary>What of it a user should know, one sentence each.</summary>
    public IEnumerable<string> Warnings => LeftOut == 0
        ? []
        : [$"{Numbers.Count(LeftOut)} augmented {(LeftOut == 1 ? "row" : "rows")} of data.replay {(LeftOut == 1 ? "is" : "are")} not trained on: their parents are validation or test rows, which would no longer be unseen"];

    /// <summary>The training rows with those others behind them.</summary>
    /// <param name="train">The rows of the task.</param>
    /// <param name="others">The others; weights among themselves are kept.</param>
    /// <param name="measured">Validation and test rows: nothing that was made of them is trained on.</param>
    /// <param name="fraction">The part that the others are to be, above 0 and below 1.</param>
    internal static (IReadOnlyList<Example> Rows, RunReplay Replay) Mix(IReadOnlyList<Example> train, IReadOnlyList<Example> others, IReadOnlyList<Example> measured, double fraction)
    {
        var all = others.Count;
        others = Border.Apart(others, measured);
        if (others.Count == 0)
            throw new UserErrorException("data.replay", "holds rows alone that were made of validation or test rows, or ask what these ask", "give other rows");
        static double Tokens(IReadOnlyList<Example> rows) => rows.Sum(static e => e.TrainedTokens * e.Weight);
        var times = fraction / (1 - fraction) * Tokens(train) / Tokens(others);
        return ([.. train, .. others.Select(e => e with { Weight = e.Weight * times })], new RunReplay(others.Count, times, fraction, all - others.Count));
    }
}
