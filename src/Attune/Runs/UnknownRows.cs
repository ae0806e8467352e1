using Attune.Data;
using Attune.Evaluation.Facts;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;

namespace Attune.Runs;

/// <summary>What becomes of training rows that the model does not know, by a file of <c>attune data known</c>.</summary>
internal static class UnknownRows
{
    /// <summary>The rows as they are trained on, with the counts; the rows as they are where no file is given.</summary>
    /// <param name="rows">Training rows.</param>
    /// <param name="recipe">Its <c>data.known</c> and <c>data.unknown</c>.</param>
    /// <param name="model">The model that the file must be about.</param>
    /// <param name="notice">Gets the counts.</param>
    /// <exception cref="UserErrorException">The file is about another model or other rows, or leaves nothing to train on.</exception>
    public static (IReadOnlyList<Example> Rows, KnownFacts? Facts) Apply(IReadOnlyList<Example> rows, DataRecipe recipe, ModelContext model, Action<RunNotice> notice)
    {
        if (recipe.Known is not { } path)
            return (rows, null);
        var known = KnownFile.Read(path, KnownRun.ModelSettings(model.Fingerprint(), model.Tokenizer));
        var hashes = rows.Select(static e => ExampleKey.Of(e).ToString()).ToArray();
        var missing = rows.Zip(hashes).Where(r => !known.ContainsKey(r.Second)).Select(static r => $"{r.First.File}, row {r.First.Row}").ToArray();
        if (missing.Length > 0)
        {
            throw new UserErrorException("data.known", $"{path} says nothing of {missing.Length} of {rows.Count} training rows, such as {string.Join("; ", missing.Take(3))}: they are new, or were read otherwise",
                "run attune data known on the files of data.train with the same columns and template, into a new file");
        }
        Known[] categories = [.. hashes.Select(h => known[h].Category)];
        var rule = recipe.Unknown;
        Example[] kept = [.. rows.Zip(categories).Where(r => r.Second != Known.Unknown || rule.Use != UnknownUse.Drop).Select(r => r.Second == Known.Unknown ? With(r.First, rule) : r.First)];
        var counts = KnownCounts.Of(categories);
        if (kept.All(static e => e.Delayed))
            throw new UserErrorException("data.unknown", $"of {rows.Count} training rows the model knows none, so that nothing is left to begin with", "set data.unknown: keep, or a number that they are weighed by");
        var facts = new KnownFacts(counts, Words(rule));
        notice(new NoticeText($"  known to the model: {counts}; unknown rows are {facts.Unknown}"));
        return (kept, facts);
    }

    private static Example With(Example row, UnknownRule rule) => rule.Use switch
    {
        UnknownUse.Delay => row with { Delayed = true },
        UnknownUse.Weigh => row with { Weight = row.Weight * rule.Weight },
        _ => row,
    };

    private static string Words(UnknownRule rule) => rule.Use switch
    {
        UnknownUse.Drop => KnownFacts.LeftOut,
        UnknownUse.Delay => "seen in the second half of the epochs alone",
        UnknownUse.Weigh => FormattableString.Invariant($"seen {rule.Weight:0.###} times an epoch"),
        _ => "trained on like all others",
    };
}
