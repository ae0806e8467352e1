using Attune.Quality;

namespace Attune.Reports.Analysers;

/// <summary>What the quick check of the rows found: test rows that were trained on, contradictions, repetitions.</summary>
internal sealed class RowsAnalyser : IAnalyser
{
    // A label or two that contradict each other are noise as all data has it.
    private const double Few = 0.01, ManyDuplicates = 0.05;

    public IEnumerable<Finding> Analyse(RunRecord run)
    {
        if (run.Rows is not { Rows: > 0 } rows)
            yield break;
        if (rows.TestPrompts > 0)
        {
            yield return new(FindingTone.Warning, $"{Numbers.Count(rows.TestPrompts)} of {Numbers.Count(rows.TestRows)} test rows ask what training rows ask: the gain on them is memory",
                $"{Numbers.Count(rows.TestCopies)} stand in the training rows word for word{(rows.FirstCopy is { } first ? $" ({first})" : "")}; the others differ in case, signs or the order of words.",
                "Take them out of the training rows (attune data report --valid shows them, and those that share long passages) and train again; until then the measured gain is no evidence.");
        }
        if (Share(rows.Conflicts, rows) > Few)
        {
            yield return new(FindingTone.Warning, $"{Numbers.Percent(Share(rows.Conflicts, rows))} of the training rows contradict another: the same prompt with another answer",
                $"{Numbers.Count(rows.Conflicts)} of {Numbers.Count(rows.Rows)} rows.", "Where one answer is right, keep that one (attune data report shows them); where several are, the loss cannot fall below what tells them apart.");
        }
        if (Share(rows.Duplicates, rows) > ManyDuplicates)
        {
            yield return new(FindingTone.Note, $"{Numbers.Percent(Share(rows.Duplicates, rows))} of the training rows stand in the data more than once",
                $"{Numbers.Count(rows.Duplicates)} of {Numbers.Count(rows.Rows)} rows repeat an earlier one.", "What stands twice is learned twice and known by heart sooner: attune data clean --remedy exact.");
        }
    }

    private static double Share(int count, QuickCheck rows) => (double)count / rows.Rows;
}
