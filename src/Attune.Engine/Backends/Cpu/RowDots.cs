using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Attune.Engine.Backends.Cpu.Simd;
using Attune.Engine.Formats;

namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// C ← α · A · Bᵀ + β · C for few rows of A and a run of rows of B in one weight format. B is read in one sweep, with its lines asked
/// for ahead; even and odd blocks have a sum each, which hides the latency of an addition.
/// </summary>
internal static unsafe class RowDots<F, L, V> where F : struct, IDotFormat where L : struct, ILane<V> where V : unmanaged
{
    // Behind the whole blocks of a row: less than a block, and no format's is longer where rows need not be whole blocks.
    private const int LongestTail = 64;

    // Bytes. Blocks are no whole cache lines, and the processor's own prefetching then falls behind: without this Q8_0 runs at a fifth.
    private const int Ahead = 4096;

    /// <summary>All of C's rows, <paramref name="count"/> of its columns.</summary>
    /// <param name="a">[m, k], contiguous.</param>
    /// <param name="m">Rows.</param>
    /// <param name="k">Length of the sums.</param>
    /// <param name="b">First row of B.</param>
    /// <param name="pitch">Bytes from row to row.</param>
    /// <param name="count">Rows of B.</param>
    /// <param name="decode">B's decoder.</param>
    /// <param name="c">From the first column on.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* a, int m, int k, byte* b, nint pitch, int count, delegate*<byte*, long, int, float*, void> decode, Target c)
    {
        var blocks = k / F.Elements;
        var tail = k - blocks * F.Elements;
        var rest = stackalloc float[LongestTail];
        for (var j = 0; j < count; j++, b += pitch)
        {
            for (var i = 0; i < m; i++)
            {
                var x = a + (nint)i * k;
                var sum = One(x, blocks, b);
                if (tail > 0)
                {
                    decode(b, k - tail, tail, rest);
                    sum += Tail(x + k - tail, rest, tail);
                }
                var to = c.Row(i) + j;
                *to = c.Beta == 0 ? c.Alpha * sum : c.Alpha * sum + c.Beta * *to;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float One(float* x, int blocks, byte* b)
    {
        V even = L.Set(0), odd = even;
        var ahead = b + Ahead;
        var block = 0;
        for (; block + 2 <= blocks; block += 2)
        {
            Fetch(ahead);
            even = F.Add<L, V>(b, block, x, even);
            odd = F.Add<L, V>(b, block + 1, x + F.Elements, odd);
            x += 2 * F.Elements;
            ahead += 2 * F.Bytes;
        }
        if (block < blocks)
            even = F.Add<L, V>(b, block, x, even);
        return L.Sum(L.Add(even, odd)) * F.RowScale(b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(byte* at)
    {
        if (!Sse.IsSupported)
            return;
        // Two blocks; loops are not unrolled.
        Sse.Prefetch0(at);
        if (F.Bytes > 32)
            Sse.Prefetch0(at + 64);
        if (F.Bytes > 64)
        {
            Sse.Prefetch0(at + 128);
            Sse.Prefetch0(at + 192);
        }
        if (F.Bytes > 128)
        {
            Sse.Prefetch0(at + 256);
            Sse.Prefetch0(at + 320);
            Sse.Prefetch0(at + 384);
            Sse.Prefetch0(at + 448);
        }
    }

    private static float Tail(float* x, float* y, int count)
    {
        var sum = L.Set(0);
        for (var i = 0; i < count; i += L.Width)
            sum = L.Fma(Elements<L, V>.Load(x + i, count - i), Elements<L, V>.Load(y + i, count - i), sum);
        return L.Sum(sum);
    }
}
