using Attune.Evaluation;

namespace Attune.Reports.Analysers;

/// <summary>
/// Whether training rows are known by heart: single rows that can be known from nowhere else, or word-for-word continuations of training rows
/// that are more frequent than those of unseen rows, by two points and by more than the choice of rows explains.
/// </summary>
internal sealed class MemorisationAnalyser : IAnalyser
{
    internal const double Allowed = 0.02;

    private const int Named = 3;

    public IEnumerable<Finding> Analyse(RunRecord run)
    {
        if (run.Memorisation is not { Rows: > 0 } m)
            yield break;
        var rows = m.Found.Count == 0 ? "" : $" Known by heart: {string.Join("; ", m.Found.Take(Named).Select(Name))}{(m.Found.Count > Named ? $"; and {m.Found.Count - Named} more" : "")}.";
        if (m.Found.Count > 0 || IsExcessive(m))
        {
            yield return new(FindingTone.Warning, "Some training rows are known by heart", $"{Evidence(m)} (threshold: {Numbers.Percent(Allowed)} more).{rows}",
                "What must not come out again does not belong into data.train. Fewer train.epochs, no row twice, a smaller method.rank, method.dropout and train.neftune hold back the rest.");
        }
        else
            yield return new(FindingTone.Good, "Nothing suggests that training rows are known by heart", $"{Evidence(m)}.");
    }

    /// <summary>Both shares, their difference and its interval.</summary>
    public static string Evidence(Memorisation m) =>
        $"{m.Verbatim} of {m.Rows} training rows were continued word for word, and {m.UnseenVerbatim} of {m.UnseenRows} unseen ones: " +
        $"{Numbers.Change(m.Excess, MetricUnit.Fraction)}, 95 % interval {Numbers.Interval(m.Interval.Low, m.Interval.High, MetricUnit.Fraction)}";

    private static bool IsExcessive(Memorisation m) => m.Excess > Allowed && m.Interval.Low > 0;

    private static string Name(MemorisedRow row) => $"{row.File}, row {row.Row}" + (row.Times > 1 ? $" (there {row.Times} times)" : "");
}
