using System.Globalization;
using Attune.Data;
using Attune.Reports;

namespace Attune.Runs;

/// <summary>Rows of <c>data.replay</c> in the training rows, weighed so that their part of the trained tokens is the one that is asked for.</summary>
/// <param name="Rows">How many.</param>
/// <param name="Times">How often each is seen in an epoch, on the average.</param>
/// <param name="Share">Their part of the trained tokens of an epoch.</param>
public sealed record RunReplay(int Rows, double Times, double Share)
{
    /// <summary>For the report.</summary>
    internal string Fact => $"{Numbers.Count(Rows)} rows, each {Times.ToString("0.##", CultureInfo.InvariantCulture)} times an epoch: {Numbers.Share(Share)} of the trained tokens";

    /// <summary>The training rows with those others behind them.</summary>
    /// <param name="train">The rows of the task.</param>
    /// <param name="others">The others; weights among themselves are kept.</param>
    /// <param name="fraction">The part that the others are to be, above 0 and below 1.</param>
    internal static (IReadOnlyList<Example> Rows, RunReplay Replay) Mix(IReadOnlyList<Example> train, IReadOnlyList<Example> others, double fraction)
    {
        static double Tokens(IReadOnlyList<Example> rows) => rows.Sum(static e => e.TrainedTokens * e.Weight);
        var times = fraction / (1 - fraction) * Tokens(train) / Tokens(others);
        return ([.. train, .. others.Select(e => e with { Weight = e.Weight * times })], new RunReplay(others.Count, times, fraction));
    }
}
