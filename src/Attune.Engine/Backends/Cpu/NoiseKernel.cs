namespace Attune.Engine.Backends.Cpu;

/// <summary>Uniform noise on a run of elements: those of <see cref="RandomKey.Draw"/>, one group of four after the other.</summary>
internal static unsafe class NoiseKernel
{
    /// <summary>y = x + s · u, u uniform in [−1, 1).</summary>
    /// <param name="x">First element.</param>
    /// <param name="y">First target; may be x.</param>
    /// <param name="count">Elements.</param>
    /// <param name="scale">s.</param>
    /// <param name="key">Draws u.</param>
    /// <param name="row">Number of the row.</param>
    /// <param name="group">Number of the first element's group of four, which it begins.</param>
    public static void Run(float* x, float* y, int count, float scale, RandomKey key, long row, uint group)
    {
        for (var i = 0; i < count; i += 4, group++)
        {
            var (a, b, c, d) = key.Draw(row, group);
            var n = Math.Min(4, count - i);
            y[i] = x[i] + scale * Signed(a);
            if (n > 1)
                y[i + 1] = x[i + 1] + scale * Signed(b);
            if (n > 2)
                y[i + 2] = x[i + 2] + scale * Signed(c);
            if (n > 3)
                y[i + 3] = x[i + 3] + scale * Signed(d);
        }
    }

    private static float Signed(uint draw) => (float)(draw * (1 / 2147483648.0) - 1);
}
