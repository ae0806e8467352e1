namespace Attune.Data;

/// <summary>How many rows are set aside for validation.</summary>
public sealed record SplitOptions
{
    /// <summary>Share of the rows, from 0 (none) to 1.</summary>
    public double Fraction { get; init; } = 0.1;

    /// <summary>At least this many rows, but never more than a quarter of the data.</summary>
    public int Min { get; init; } = 16;

    /// <summary>At most this many rows: evaluation is to cost little beside training.</summary>
    public int Max { get; init; } = 256;

    /// <summary>Seed of the choice.</summary>
    public ulong Seed { get; init; }
}

/// <summary>Sets a validation part aside so that near-duplicates never stand on both sides.</summary>
/// <remarks>
/// Whole groups (<see cref="Example.Group"/>) are taken in the order of a hash of seed and group. The choice therefore depends on contents
/// alone: shuffling the file changes nothing, and adding rows moves few others. Rows that augmentation made stand with their parents: they are
/// never chosen, nor counted, and those whose parents are chosen belong to neither part (<see cref="Border"/>).
/// </remarks>
public static class Splitter
{
    /// <summary>Divides the examples; both parts keep the given order. The second is empty if the data is too small to spare a group.</summary>
    public static (IReadOnlyList<Example> Train, IReadOnlyList<Example> Validation) Split(IReadOnlyList<Example> examples, SplitOptions options)
    {
        var originals = Border.Originals(examples);
        var quarter = originals.Count / 4;
        var wanted = Math.Min(Math.Clamp((int)Math.Round(originals.Count * options.Fraction), options.Min, Math.Max(options.Min, options.Max)), quarter);
        if (options.Fraction <= 0 || wanted <= 0) return (examples, []);
        var taken = new HashSet<ulong>();
        var rows = 0;
        foreach (var group in originals.GroupBy(e => e.Group).OrderBy(g => Mixing.Bits(options.Seed, g.Key)).ThenBy(g => g.Key))
        {
            var size = group.Count();
            // A group that would overshoot is left to training; smaller ones behind it still fill up.
            if (rows + size > wanted) continue;
            taken.Add(group.Key);
            rows += size;
            if (rows == wanted) break;
        }
        return ([.. examples.Where(e => !taken.Contains(e.Group) && !e.Kin.Any(taken.Contains))], [.. originals.Where(e => taken.Contains(e.Group))]);
    }
}
