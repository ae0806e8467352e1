namespace Attune.Engine.Formats;

/// <summary>
/// Eight scales and eight minima of six bits in 12 bytes: the first four of each in the low six bits of bytes 0–3 and 4–7; of the last
/// four the low halves in bytes 8–11 (scale low, minimum high) and the upper two bits on top of bytes 0–3 and 4–7.
/// </summary>
internal static unsafe class SixBitPairs
{
    /// <summary>Scale and minimum of a group, each times its factor of the block (binary16 at <paramref name="factors"/>).</summary>
    public static (float Scale, float Minimum) Read(byte* factors, byte* pairs, int group)
    {
        int scale, minimum;
        if (group < 4)
        {
            (scale, minimum) = (pairs[group] & 63, pairs[group + 4] & 63);
        }
        else
        {
            scale = (pairs[group + 4] & 15) | (pairs[group - 4] >> 6 << 4);
            minimum = (pairs[group + 4] >> 4) | (pairs[group] >> 6 << 4);
        }
        return (BlockMath.Half(factors) * scale, BlockMath.Half(factors + 2) * minimum);
    }

    /// <summary>Chooses scales and minima for 256 elements, writes them, and gives each element its number in 0 … largest.</summary>
    public static void Fit(float* from, int largest, byte* factors, byte* pairs, byte* codes)
    {
        var scales = stackalloc float[8];
        var minima = stackalloc float[8];
        float topScale = 0, topMinimum = 0;
        for (var g = 0; g < 8; g++)
        {
            (scales[g], minima[g]) = AffineFit.Of(from + 32 * g, largest);
            (topScale, topMinimum) = (Math.Max(topScale, scales[g]), Math.Max(topMinimum, minima[g]));
        }
        BlockMath.PutHalf(factors, topScale / 63);
        BlockMath.PutHalf(factors + 2, topMinimum / 63);
        new Span<byte>(pairs, 12).Clear();
        for (var g = 0; g < 8; g++)
        {
            Put(pairs, g, Share(scales[g], topScale), Share(minima[g], topMinimum));
            // By what a reader will see, so that the rounding of scales is made up for.
            var (scale, minimum) = Read(factors, pairs, g);
            for (var i = 32 * g; i < 32 * g + 32; i++)
                codes[i] = scale == 0 ? (byte)0 : (byte)Math.Clamp(BlockMath.Round((from[i] + minimum) / scale), 0, largest);
        }
    }

    private static int Share(float value, float top) => top == 0 ? 0 : Math.Clamp(BlockMath.Round(63 * value / top), 0, 63);

    private static void Put(byte* pairs, int group, int scale, int minimum)
    {
        if (group < 4)
        {
            pairs[group] |= (byte)scale;
            pairs[group + 4] |= (byte)minimum;
            return;
        }
        pairs[group + 4] |= (byte)((scale & 15) | ((minimum & 15) << 4));
        pairs[group - 4] |= (byte)(scale >> 4 << 6);
        pairs[group] |= (byte)(minimum >> 4 << 6);
    }
}
