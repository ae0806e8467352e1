using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Attune.Engine.Backends.Cpu.Simd;

/// <summary>Transposed copies, in blocks held in registers.</summary>
internal static unsafe class Transpose
{
    /// <summary>to[c · toPitch + r] = from[r · fromPitch + c] for all r &lt; rows, c &lt; cols, and nothing else is touched.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* from, nint fromPitch, int rows, int cols, float* to, nint toPitch)
    {
        var r = 0;
        for (; r + 16 <= rows && Avx512F.IsSupported; r += 16)
        {
            var c = 0;
            for (; c + 16 <= cols; c += 16)
                Block16(from + r * fromPitch + c, fromPitch, to + c * toPitch + r, toPitch);
            Scalar(from + r * fromPitch + c, fromPitch, 16, cols - c, to + c * toPitch + r, toPitch);
        }
        for (; r + 8 <= rows && Avx.IsSupported; r += 8)
        {
            var c = 0;
            for (; c + 8 <= cols; c += 8)
                Block8(from + r * fromPitch + c, fromPitch, to + c * toPitch + r, toPitch);
            Scalar(from + r * fromPitch + c, fromPitch, 8, cols - c, to + c * toPitch + r, toPitch);
        }
        for (; r + 4 <= rows && Sse.IsSupported; r += 4)
        {
            var c = 0;
            for (; c + 4 <= cols; c += 4)
                Block4(from + r * fromPitch + c, fromPitch, to + c * toPitch + r, toPitch);
            Scalar(from + r * fromPitch + c, fromPitch, 4, cols - c, to + c * toPitch + r, toPitch);
        }
        Scalar(from + r * fromPitch, fromPitch, rows - r, cols, to + r, toPitch);
    }

    private static void Scalar(float* from, nint fromPitch, int rows, int cols, float* to, nint toPitch)
    {
        for (var c = 0; c < cols; c++)
            for (var r = 0; r < rows; r++)
                to[c * toPitch + r] = from[r * fromPitch + c];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block4(float* from, nint fromPitch, float* to, nint toPitch)
    {
        var r0 = Vector128.Load(from);
        var r1 = Vector128.Load(from + fromPitch);
        var r2 = Vector128.Load(from + 2 * fromPitch);
        var r3 = Vector128.Load(from + 3 * fromPitch);
        Vector128<float> a = Sse.UnpackLow(r0, r1), b = Sse.UnpackHigh(r0, r1), c = Sse.UnpackLow(r2, r3), d = Sse.UnpackHigh(r2, r3);
        Sse.MoveLowToHigh(a, c).Store(to);
        Sse.MoveHighToLow(c, a).Store(to + toPitch);
        Sse.MoveLowToHigh(b, d).Store(to + 2 * toPitch);
        Sse.MoveHighToLow(d, b).Store(to + 3 * toPitch);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block8(float* from, nint fromPitch, float* to, nint toPitch)
    {
        // Rows i and i + 4 share a register from the load on, so that only shuffles within halves remain.
        var r0 = Halves(from, 4 * fromPitch, 0);
        var r1 = Halves(from + fromPitch, 4 * fromPitch, 0);
        var r2 = Halves(from + 2 * fromPitch, 4 * fromPitch, 0);
        var r3 = Halves(from + 3 * fromPitch, 4 * fromPitch, 0);
        Store4(r0, r1, r2, r3, to, toPitch);
        r0 = Halves(from, 4 * fromPitch, 4);
        r1 = Halves(from + fromPitch, 4 * fromPitch, 4);
        r2 = Halves(from + 2 * fromPitch, 4 * fromPitch, 4);
        r3 = Halves(from + 3 * fromPitch, 4 * fromPitch, 4);
        Store4(r0, r1, r2, r3, to + 4 * toPitch, toPitch);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Halves(float* row, nint below, int col) =>
        Vector256.Create(Vector128.Load(row + col), Vector128.Load(row + below + col));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store4(Vector256<float> r0, Vector256<float> r1, Vector256<float> r2, Vector256<float> r3, float* to, nint toPitch)
    {
        var a = Avx.UnpackLow(r0, r1).AsDouble();
        var b = Avx.UnpackHigh(r0, r1).AsDouble();
        var c = Avx.UnpackLow(r2, r3).AsDouble();
        var d = Avx.UnpackHigh(r2, r3).AsDouble();
        Avx.UnpackLow(a, c).AsSingle().Store(to);
        Avx.UnpackHigh(a, c).AsSingle().Store(to + toPitch);
        Avx.UnpackLow(b, d).AsSingle().Store(to + 2 * toPitch);
        Avx.UnpackHigh(b, d).AsSingle().Store(to + 3 * toPitch);
    }

    // Whole cache lines in, whole cache lines out.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block16(float* from, nint fromPitch, float* to, nint toPitch)
    {
        Quarters(from, fromPitch, out var a0, out var a1, out var a2, out var a3);
        Quarters(from + 4 * fromPitch, fromPitch, out var b0, out var b1, out var b2, out var b3);
        Quarters(from + 8 * fromPitch, fromPitch, out var c0, out var c1, out var c2, out var c3);
        Quarters(from + 12 * fromPitch, fromPitch, out var d0, out var d1, out var d2, out var d3);
        StoreQuarters(a0, b0, c0, d0, to, toPitch);
        StoreQuarters(a1, b1, c1, d1, to + toPitch, toPitch);
        StoreQuarters(a2, b2, c2, d2, to + 2 * toPitch, toPitch);
        StoreQuarters(a3, b3, c3, d3, to + 3 * toPitch, toPitch);
    }

    // Of four rows: quarter q of result i holds their column 4 q + i.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarters(
        float* from, nint fromPitch, out Vector512<float> q0, out Vector512<float> q1, out Vector512<float> q2, out Vector512<float> q3)
    {
        var r0 = Vector512.Load(from);
        var r1 = Vector512.Load(from + fromPitch);
        var r2 = Vector512.Load(from + 2 * fromPitch);
        var r3 = Vector512.Load(from + 3 * fromPitch);
        var a = Avx512F.UnpackLow(r0, r1).AsDouble();
        var b = Avx512F.UnpackHigh(r0, r1).AsDouble();
        var c = Avx512F.UnpackLow(r2, r3).AsDouble();
        var d = Avx512F.UnpackHigh(r2, r3).AsDouble();
        q0 = Avx512F.UnpackLow(a, c).AsSingle();
        q1 = Avx512F.UnpackHigh(a, c).AsSingle();
        q2 = Avx512F.UnpackLow(b, d).AsSingle();
        q3 = Avx512F.UnpackHigh(b, d).AsSingle();
    }

    // Quarter q of a, b, c, d makes row 4 q.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreQuarters(
        Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* to, nint toPitch)
    {
        const byte Even = 0b10_00_10_00, Odd = 0b11_01_11_01;
        var ab = Avx512F.Shuffle4x128(a, b, Even);
        var cd = Avx512F.Shuffle4x128(c, d, Even);
        Avx512F.Shuffle4x128(ab, cd, Even).Store(to);
        Avx512F.Shuffle4x128(ab, cd, Odd).Store(to + 8 * toPitch);
        ab = Avx512F.Shuffle4x128(a, b, Odd);
        cd = Avx512F.Shuffle4x128(c, d, Odd);
        Avx512F.Shuffle4x128(ab, cd, Even).Store(to + 4 * toPitch);
        Avx512F.Shuffle4x128(ab, cd, Odd).Store(to + 12 * toPitch);
    }
}
