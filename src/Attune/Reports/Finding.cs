using Attune.Reports.Analysers;

namespace Attune.Reports;

/// <summary>How a finding is meant.</summary>
public enum FindingTone
{
    /// <summary>What went well.</summary>
    Good,

    /// <summary>What is worth knowing.</summary>
    Note,

    /// <summary>What should be mended before the result is used.</summary>
    Warning,
}

/// <summary>One conclusion in plain words.</summary>
/// <param name="Tone">How it is meant.</param>
/// <param name="Title">The conclusion, as a sentence without its full stop.</param>
/// <param name="Evidence">The numbers that it rests on.</param>
/// <param name="Advice">What to do about it; empty where nothing is to be done.</param>
public sealed record Finding(FindingTone Tone, string Title, string Evidence, string Advice = "");

/// <summary>Looks at a finished run and says what it sees.</summary>
public interface IAnalyser
{
    /// <summary>The findings; none where there is nothing to say or the record holds no evidence.</summary>
    IEnumerable<Finding> Analyse(RunRecord run);
}

/// <summary>The analysers, in the order in which their findings are shown. To add one: a file in Analysers and a line here.</summary>
public static class Findings
{
    private static readonly IAnalyser[] All =
    [
        new GainAnalyser(),
        new RetentionAnalyser(),
        new TruthAnalyser(),
        new TransferAnalyser(),
        new RowsAnalyser(),
        new KnownAnalyser(),
        new OverfittingAnalyser(),
        new MemorisationAnalyser(),
        new UndertrainedAnalyser(),
        new StoppingAnalyser(),
        new RequantisingAnalyser(),
        new LengthAnalyser(),
        new SteadinessAnalyser(),
    ];

    /// <summary>All findings about a run.</summary>
    public static IReadOnlyList<Finding> Of(RunRecord run) => [.. All.SelectMany(a => a.Analyse(run))];
}
