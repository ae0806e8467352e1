using System.Runtime.Intrinsics;

namespace Attune.Engine.Backends.Cpu.Simd;

/// <summary>
/// What kernels need of a vector of floats, so that one source serves every register width. <typeparamref name="V"/> is the
/// runtime's own vector and not a wrapper of it: the JIT then keeps every value in a register.
/// </summary>
internal unsafe interface ILane<V> where V : unmanaged
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Width { get; }

    static abstract V Set(float value);

    static abstract V Load(float* from);

    static abstract void Store(float* to, V value);

    /// <summary>Widens bfloat16; exact.</summary>
    static abstract V LoadBF16(ushort* from);

    /// <summary>Widens binary16; exact, subnormals, infinities and NaN included.</summary>
    static abstract V LoadF16(ushort* from);

    /// <summary>Signed bytes as floats; exact.</summary>
    static abstract V LoadS8(byte* from);

    /// <summary>table[(codes[i] &gt;&gt; shift) &amp; 15] of a table of 16.</summary>
    static abstract V Lookup(Vector512<float> table, byte* codes, int shift);

    /// <summary>The same of codes of 16 bits.</summary>
    static abstract V Lookup(Vector512<float> table, ushort* codes, int shift);

    /// <summary>Six-bit numbers as floats: four bits of low[i] &gt;&gt; lowShift, under two of high[i] &gt;&gt; highShift.</summary>
    static abstract V LoadSixBits(byte* low, int lowShift, byte* high, int highShift);

    static abstract V Add(V a, V b);

    static abstract V Sub(V a, V b);

    static abstract V Mul(V a, V b);

    static abstract V Div(V a, V b);

    /// <summary>a · b + c, in one rounding where the machine can. Always the same on one machine, in bodies and tails alike.</summary>
    static abstract V Fma(V a, V b, V c);

    /// <summary>The larger; <paramref name="b"/> where either is NaN (or NaN).</summary>
    static abstract V Max(V a, V b);

    /// <summary>The smaller; <paramref name="b"/> where either is NaN (or NaN).</summary>
    static abstract V Min(V a, V b);

    static abstract V Abs(V a);

    static abstract V Sqrt(V a);

    /// <summary>The nearest whole number, ties to even.</summary>
    static abstract V Round(V a);

    /// <summary>a · 2ⁿ for whole n of at most 300 in size, correct where it over- or underflows.</summary>
    static abstract V Scale(V a, V n);

    /// <summary>Per element: x &lt; y ? a : b.</summary>
    static abstract V IfLess(V x, V y, V a, V b);

    /// <summary>The sum of the elements, in an order fixed by the width.</summary>
    static abstract float Sum(V a);

    /// <summary>The largest element.</summary>
    static abstract float Largest(V a);
}
