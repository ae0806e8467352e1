using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// Rows of elements laid out as BF16 pairs of steps. Nothing is read but the rows asked for; of a panel only its own pairs are
/// written, in whole vectors of 8 or 16.
/// </summary>
internal static unsafe class PairPacking
{
    private const int Lane = 16;
    private const int Steps = 2 * Lane;
    private const int LineBytes = 64;

    /// <summary>to [pairs][8] from rows that lie along k, the last one standing in for those that are missing.</summary>
    /// <param name="from">First element of the first row.</param>
    /// <param name="pitch">Bytes from row to row.</param>
    /// <param name="rows">Rows, 1 … 8.</param>
    /// <param name="length">Steps; half a pair at the end is filled up with 0.</param>
    /// <param name="to">⌈length / 2⌉ · 8 pairs.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Along8<TSource>(byte* from, nint pitch, int rows, int length, uint* to) where TSource : struct, IPairSource
    {
        var i = 0;
        for (; i + Steps <= length; i += Steps)
        {
            Announce<TSource>(from + (nint)i * TSource.Size + 8 * pitch, pitch, 8);
            Block8<TSource>(from + (nint)i * TSource.Size, pitch, rows, Steps, to + (nint)i / 2 * 8);
        }
        if (i < length)
            Block8<TSource>(from + (nint)i * TSource.Size, pitch, rows, length - i, to + (nint)i / 2 * 8);
    }

    /// <summary>to [pairs][16] from rows that lie along k, the last one standing in for those that are missing.</summary>
    /// <param name="from">First element of the first row.</param>
    /// <param name="pitch">Bytes from row to row.</param>
    /// <param name="rows">Rows, 1 … 16.</param>
    /// <param name="length">Steps; half a pair at the end is filled up with 0.</param>
    /// <param name="to">⌈length / 2⌉ times 16 pairs.</param>
    /// <param name="toPitch">Pairs from one to the next 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Along16<TSource>(byte* from, nint pitch, int rows, int length, uint* to, nint toPitch) where TSource : struct, IPairSource
    {
        var i = 0;
        for (; i + Steps <= length; i += Steps)
        {
            Announce<TSource>(from + (nint)i * TSource.Size + 16 * pitch, pitch, 16);
            Block16<TSource>(from + (nint)i * TSource.Size, pitch, rows, Steps, to + i / 2 * toPitch, toPitch);
        }
        if (i < length)
            Block16<TSource>(from + (nint)i * TSource.Size, pitch, rows, length - i, to + i / 2 * toPitch, toPitch);
    }

    /// <summary>to [pairs][8] from floats in rows that lie across k: each row a step, <paramref name="count"/> of it, 1 … 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Across8(float* from, nint pitch, int count, int length, uint* to)
    {
        var i = 0;
        // Two pairs of steps fill a vector.
        for (; count == 8 && i + 4 <= length; i += 4)
        {
            var step = (uint*)(from + i * pitch);
            var first = Vector512.Create(Vector256.Load(step), Vector256.Load(step + 2 * pitch));
            var second = Vector512.Create(Vector256.Load(step + pitch), Vector256.Load(step + 3 * pitch));
            PairVector.Join(FloatPairs.Round(first), FloatPairs.Round(second)).Store(to + (nint)i * 4);
        }
        for (; i < length; i += 2)
        {
            var step = (byte*)(from + i * pitch);
            var second = i + 1 < length ? FloatPairs.Upper(step + pitch * sizeof(float), count) : Vector512<uint>.Zero;
            PairVector.Join(FloatPairs.Upper(step, count), second).GetLower().Store(to + (nint)i * 4);
        }
    }

    /// <summary>to [count, rounded up to 16] from two steps; a null second one counts as zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Across<TSource>(byte* first, byte* second, int count, uint* to) where TSource : struct, IPairSource
    {
        var i = 0;
        for (; second != null && i + Lane <= count; i += Lane)
            PairVector.Join(TSource.Upper(first + (nint)i * TSource.Size, Lane), TSource.Upper(second + (nint)i * TSource.Size, Lane)).Store(to + i);
        for (; i < count; i += Lane)
        {
            var n = Math.Min(Lane, count - i);
            var upper = second == null ? Vector512<uint>.Zero : TSource.Upper(second + (nint)i * TSource.Size, n);
            PairVector.Join(TSource.Upper(first + (nint)i * TSource.Size, n), upper).Store(to + i);
        }
    }

    // The rows that are wanted next: they come from memory, in pieces too short for the hardware to foresee them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Announce<TSource>(byte* next, nint pitch, int rows) where TSource : struct, IPairSource
    {
        for (var row = 0; row < rows; row++, next += pitch)
        {
            Sse.Prefetch1(next);
            if (TSource.Size * Steps > LineBytes)
                Sse.Prefetch1(next + LineBytes);
        }
    }

    // Inlined with a constant number of steps, so that whole blocks know of no masks.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block8<TSource>(byte* from, nint pitch, int rows, int steps, uint* to) where TSource : struct, IPairSource
    {
        Quad<TSource>(from, pitch, 0, rows, steps, out var a0, out var a1, out var a2, out var a3);
        Quad<TSource>(from, pitch, 4, rows, steps, out var b0, out var b1, out var b2, out var b3);
        // Lane l of a0, b0 | a1, b1 | a2, b2 | a3, b3: pairs 4 l … 4 l + 3 of rows 0 … 3, 4 … 7.
        PairVector.TurnLanes(ref a0, ref b0, ref a1, ref b1);
        PairVector.TurnLanes(ref a2, ref b2, ref a3, ref b3);
        var pairs = (steps + 1) / 2;
        StoreTwo(a0, 0, pairs, to);
        StoreTwo(a2, 2, pairs, to);
        StoreTwo(b0, 4, pairs, to);
        StoreTwo(b2, 6, pairs, to);
        StoreTwo(a1, 8, pairs, to);
        StoreTwo(a3, 10, pairs, to);
        StoreTwo(b1, 12, pairs, to);
        StoreTwo(b3, 14, pairs, to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreTwo(Vector512<uint> x, int pair, int pairs, uint* to)
    {
        if (pair + 1 < pairs)
            x.Store(to + pair * 8);
        else if (pair < pairs)
            x.GetLower().Store(to + pair * 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block16<TSource>(byte* from, nint pitch, int rows, int steps, uint* to, nint toPitch) where TSource : struct, IPairSource
    {
        Quad<TSource>(from, pitch, 0, rows, steps, out var a0, out var a1, out var a2, out var a3);
        Quad<TSource>(from, pitch, 4, rows, steps, out var b0, out var b1, out var b2, out var b3);
        Quad<TSource>(from, pitch, 8, rows, steps, out var c0, out var c1, out var c2, out var c3);
        Quad<TSource>(from, pitch, 12, rows, steps, out var d0, out var d1, out var d2, out var d3);
        var pairs = (steps + 1) / 2;
        StoreColumns(a0, b0, c0, d0, 0, pairs, to, toPitch);
        StoreColumns(a1, b1, c1, d1, 1, pairs, to, toPitch);
        StoreColumns(a2, b2, c2, d2, 2, pairs, to, toPitch);
        StoreColumns(a3, b3, c3, d3, 3, pairs, to, toPitch);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreColumns(
        Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d, int pair, int pairs, uint* to, nint toPitch)
    {
        PairVector.TurnLanes(ref a, ref b, ref c, ref d);
        if (pair < pairs)
            a.Store(to + pair * toPitch);
        if (pair + 4 < pairs)
            b.Store(to + (pair + 4) * toPitch);
        if (pair + 8 < pairs)
            c.Store(to + (pair + 8) * toPitch);
        if (pair + 12 < pairs)
            d.Store(to + (pair + 12) * toPitch);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quad<TSource>(
        byte* from, nint pitch, int row, int rows, int steps,
        out Vector512<uint> r0, out Vector512<uint> r1, out Vector512<uint> r2, out Vector512<uint> r3) where TSource : struct, IPairSource
    {
        r0 = TSource.Along(from + Math.Min(row, rows - 1) * pitch, steps);
        r1 = TSource.Along(from + Math.Min(row + 1, rows - 1) * pitch, steps);
        r2 = TSource.Along(from + Math.Min(row + 2, rows - 1) * pitch, steps);
        r3 = TSource.Along(from + Math.Min(row + 3, rows - 1) * pitch, steps);
        PairVector.Turn(ref r0, ref r1, ref r2, ref r3);
    }
}
