using System.Numerics;

namespace Attune.Quality.Detectors;

/// <summary>Rows by feature: open addressing in one array, which is looked into for every letter of a text.</summary>
internal sealed class FeatureTable
{
    private readonly (ulong Feature, int Row)[] slots;
    private readonly int shift;

    /// <summary>Numbers features in their order.</summary>
    /// <param name="features">Each once; none is 0.</param>
    public FeatureTable(IReadOnlyCollection<ulong> features)
    {
        var bits = Math.Max(1, BitOperations.Log2((uint)Math.Max(1, features.Count)) + 2);
        (slots, shift) = (new (ulong, int)[1 << bits], 64 - bits);
        foreach (var (row, feature) in features.Index())
        {
            var at = Slot(feature);
            while (slots[at].Feature != 0) at = (at + 1) & (slots.Length - 1);
            slots[at] = (feature, row);
        }
    }

    /// <summary>The row of a feature; −1 where there is none.</summary>
    public int RowOf(ulong feature)
    {
        for (var at = Slot(feature); slots[at].Feature is not 0 and var own; at = (at + 1) & (slots.Length - 1))
            if (own == feature) return slots[at].Row;
        return -1;
    }

    private int Slot(ulong feature) => (int)(feature * 0x9E3779B97F4A7C15UL >> shift);
}
