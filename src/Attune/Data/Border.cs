using System.Globalization;

namespace Attune.Data;

/// <summary>What became of rows that augmentation made, on either side of the border between training and validation.</summary>
/// <param name="Trained">Those that are trained on.</param>
/// <param name="Dropped">Those that were left out of training, since a parent of theirs, or what they ask themselves, is a validation or test row.</param>
/// <param name="Measured">Those that were left out of validation and test rows: what is measured on is what was there before.</param>
/// <param name="Orphans">Those of <paramref name="Trained"/> none of whose parents is among the rows given.</param>
public sealed record AugmentedRows(int Trained, int Dropped, int Measured, int Orphans)
{
    /// <summary>For the report.</summary>
    public string Fact => string.Create(CultureInfo.InvariantCulture,
        $"{Trained} of the training rows; {(Dropped == 0 ? "none was" : Dropped == 1 ? "1 was" : $"{Dropped} were")} left out whose parents are validation or test rows{(Measured == 0 ? "" : $", and {Measured} of the validation or test rows")}");

    /// <summary>What of it a user should know, one sentence each.</summary>
    public IEnumerable<string> Warnings
    {
        get
        {
            if (Dropped > 0)
                yield return string.Create(CultureInfo.InvariantCulture, $"{Dropped} augmented rows are not trained on: their parents are validation or test rows, which would no longer be unseen");
            if (Measured > 0)
                yield return string.Create(CultureInfo.InvariantCulture, $"{Measured} augmented rows were left out of the validation or test rows: what is measured on is never made");
            if (Orphans > 0)
                yield return string.Create(CultureInfo.InvariantCulture, $"{Orphans} augmented rows come of rows that are not among the files, or are read by other columns: give these files too, so that no parent of theirs stands in validation");
        }
    }
}

/// <summary>Keeps what was made of a row on the row's side: augmented rows are trained on or left out, never measured on.</summary>
internal static class Border
{
    /// <summary>The rows that were not made of others.</summary>
    public static IReadOnlyList<Example> Originals(IReadOnlyList<Example> rows) => rows.Any(static e => e.IsAugmented) ? [.. rows.Where(static e => !e.IsAugmented)] : rows;

    /// <summary>The training rows without those that are kin of what is measured on; in their order.</summary>
    public static IReadOnlyList<Example> Apart(IReadOnlyList<Example> train, IEnumerable<Example> measured)
    {
        if (!train.Any(static e => e.IsAugmented))
            return train;
        var held = measured.Select(static e => e.Group).ToHashSet();
        return [.. train.Where(e => !e.Kin.Any(held.Contains))];
    }

    /// <summary>Training, validation and test rows with the border kept, and what was left out; null where no row is augmented.</summary>
    /// <param name="given">All that was read for training, before a part was set aside.</param>
    /// <param name="train">What of it is for training.</param>
    /// <param name="valid">Validation rows; those of <paramref name="given"/> or of another file.</param>
    /// <param name="test">Test rows.</param>
    public static (IReadOnlyList<Example> Train, IReadOnlyList<Example> Valid, IReadOnlyList<Example> Test, AugmentedRows? Counts) Keep(
        IReadOnlyList<Example> given, IReadOnlyList<Example> train, IReadOnlyList<Example> valid, IReadOnlyList<Example> test)
    {
        var (validated, tested) = (Originals(valid), Originals(test));
        var kept = Apart(train, validated.Concat(tested));
        var measured = valid.Count - validated.Count + test.Count - tested.Count;
        if (measured == 0 && !given.Any(static e => e.IsAugmented))
            return (kept, validated, tested, null);
        var known = given.Concat(validated).Concat(tested).Where(static e => !e.IsAugmented).Select(static e => e.Group).ToHashSet();
        var made = kept.Where(static e => e.IsAugmented).ToList();
        return (kept, validated, tested, new AugmentedRows(made.Count, given.Count(static e => e.IsAugmented) - made.Count, measured, made.Count(e => !e.Kin.SkipLast(1).Any(known.Contains))));
    }
}
