using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// Dropout of a run of elements. The mask is that of <see cref="RandomKey.Draw"/>, four of its groups at a time; as no sum is
/// formed, one vector width serves all.
/// </summary>
internal static unsafe class DropoutKernel
{
    private const int Step = 16;

    /// <summary>y = keep · x where the draw is at least the threshold, otherwise 0, plus β · y.</summary>
    /// <param name="x">First element.</param>
    /// <param name="y">First target; may be x.</param>
    /// <param name="beta">β.</param>
    /// <param name="count">Elements.</param>
    /// <param name="key">Draws the mask.</param>
    /// <param name="row">Number of the row.</param>
    /// <param name="group">Number of the first element's group of four, which it begins.</param>
    /// <param name="threshold">Draws below it drop.</param>
    /// <param name="keep">1 / (1 − p).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* x, float* y, float beta, int count, RandomKey key, long row, uint group, uint threshold, float keep)
    {
        var draws = stackalloc uint[Step];
        var xs = stackalloc float[Step];
        var ys = stackalloc float[Step];
        for (var i = 0; i < count; i += Step, group += Step / 4)
        {
            Draw(key, row, group, draws);
            var n = Math.Min(Step, count - i);
            if (n == Step)
            {
                Apply(x + i, y + i, beta, draws, threshold, keep);
                continue;
            }
            new ReadOnlySpan<float>(x + i, n).CopyTo(new Span<float>(xs, Step));
            new ReadOnlySpan<float>(y + i, n).CopyTo(new Span<float>(ys, Step));
            Apply(xs, ys, beta, draws, threshold, keep);
            new ReadOnlySpan<float>(ys, n).CopyTo(new Span<float>(y + i, n));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Apply(float* x, float* y, float beta, uint* draws, uint threshold, float keep)
    {
        for (var i = 0; i < Step; i += Vector256<float>.Count)
        {
            var kept = Vector256.GreaterThanOrEqual(Vector256.Load(draws + i), Vector256.Create(threshold)).AsSingle();
            // A mask, not a product with 0: a dropped infinity is 0.
            var value = (Vector256.Load(x + i) * keep) & kept;
            (beta == 0 ? value : value + Vector256.Load(y + i) * beta).Store(y + i);
        }
    }

    // Philox over four groups, one in each 64-bit lane, so that a 32 × 32 → 64 bit product is one instruction.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Draw(RandomKey key, long row, uint group, uint* to)
    {
        var low = Vector256.Create(0xFFFF_FFFFUL);
        var c0 = (Vector256.Create((ulong)group) + Vector256<ulong>.Indices) & low;
        var c1 = Vector256.Create((ulong)(uint)row);
        var c2 = Vector256.Create((ulong)(uint)(row >> 32));
        var c3 = Vector256.Create((ulong)key.Step);
        var (k0, k1) = ((uint)key.Key, (uint)(key.Key >> 32));
        for (var round = 0; round < 10; round++)
        {
            var p0 = Multiply(c0, 0xD2511F53);
            var p1 = Multiply(c2, 0xCD9E8D57);
            c0 = (p1 >> 32) ^ c1 ^ Vector256.Create((ulong)k0);
            c1 = p1 & low;
            c2 = (p0 >> 32) ^ c3 ^ Vector256.Create((ulong)k1);
            c3 = p0 & low;
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        var first = c0 | (c1 << 32);
        var second = c2 | (c3 << 32);
        for (var i = 0; i < 4; i++)
        {
            ((ulong*)to)[2 * i] = first[i];
            ((ulong*)to)[2 * i + 1] = second[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Multiply(Vector256<ulong> a, uint b) =>
        Avx2.IsSupported ? Avx2.Multiply(a.AsUInt32(), Vector256.Create((ulong)b).AsUInt32()) : a * Vector256.Create((ulong)b);
}
