using Attune.Quality.Checks;

namespace Attune.Quality;

/// <summary>A check by its name.</summary>
/// <param name="Name">Its name in <c>--json</c>.</param>
/// <param name="Title">What it looks for, in two or three words.</param>
/// <param name="Needs">Passes over the data, and what it holds meanwhile.</param>
/// <param name="Make">Makes one for a scan; null where it does not apply (no evaluation files, no model).</param>
internal sealed record QualityCheckKind(string Name, string Title, string Needs, Func<QualityContext, QualityCheck?> Make)
{
    /// <summary>What it cannot do without, where it does not always apply: <c>evaluation files (--valid)</c>.</summary>
    public string Wants { get; init; } = "";

    /// <summary>What <c>attune data clean</c> can do with the rows concerned.</summary>
    public IReadOnlyList<QualityRemedy> Remedies { get; init; } = [];
}

/// <summary>A remedy by its name.</summary>
/// <param name="Name">The name after <c>--remedy</c>; one of a kind among all checks.</param>
/// <param name="Does">What it does, in a clause: <c>drops rows that repeat an earlier one</c>.</param>
internal sealed record QualityRemedy(string Name, string Does)
{
    /// <summary>Changes every text of a row, in place of dropping the row; the checks see the changed row. Null for a remedy that drops.</summary>
    public Func<string, string>? Mend { get; init; }
}

/// <summary>
/// The checks of a data set, in the order of the report and of the remedies: those that a row alone decides stand before those that compare rows,
/// so that a row which is dropped for its own fault is never the one that is kept of a group. To add one: a file in Checks, and a line here.
/// </summary>
internal static class QualityChecks
{
    public static IReadOnlyList<QualityCheckKind> Table { get; } =
    [
        Unreadable.Kind,
        Encodings.Kind,
        PersonalParts.Kind,
        EmptyAnswers.Kind,
        CutAnswers.Kind,
        TemplateMarks.Kind,
        PromptRepeats.Kind,
        RowLanguages.Kind,
        Contamination.Kind,
        Conflicts.Kind,
        ExactDuplicates.Kind,
        NearDuplicates.Kind,
        LabelBalance.Kind,
        Lengths.Kind,
        ModelTokens.Kind,
    ];

    /// <summary>All remedies with the check that each belongs to.</summary>
    public static IEnumerable<(QualityCheckKind Check, QualityRemedy Remedy)> Remedies => Table.SelectMany(static k => k.Remedies.Select(r => (k, r)));
}
