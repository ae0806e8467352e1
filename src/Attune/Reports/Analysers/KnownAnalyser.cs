namespace Attune.Reports.Analysers;

/// <summary>How many training rows the model did not know, and what is known of the risk (Gekhman et al. 2024).</summary>
internal sealed class KnownAnalyser : IAnalyser
{
    // Below a row in twenty there is little to say.
    private const double Few = 0.05;

    public IEnumerable<Finding> Analyse(RunRecord run)
    {
        if (run.Known is not { Counts.Asked: > 0 } known)
            yield break;
        var (counts, trained) = (known.Counts, known.Unknown != KnownFacts.LeftOut);
        var evidence = $"{counts}; the unknown rows are {known.Unknown}.";
        if (counts.UnknownShare < Few || !trained)
        {
            yield return new(FindingTone.Good, $"{Numbers.Percent(counts.UnknownShare)} of the training rows are unknown to the model" + (trained ? "" : ", and were left out"), evidence);
            yield break;
        }
        yield return new(FindingTone.Warning, $"{Numbers.Percent(counts.UnknownShare)} of the training rows are unknown to the model: they may teach it to make things up", evidence,
            "Gekhman et al. (2024) found that such rows are learned more slowly than known ones, and that in proportion to those that are learned a model makes up more about what it knew. "
            + "Stopping early (train.patience) or leaving them out (data.unknown: drop) avoided most of it; rows whose answer stands in the prompt are unknown without harm.");
    }
}
