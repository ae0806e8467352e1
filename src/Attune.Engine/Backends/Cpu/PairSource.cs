using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Attune.Engine.Backends.Cpu;

/// <summary>Elements that BF16 pairs are made of. A pair is a 32-bit number with the first of its two in the lower half.</summary>
internal unsafe interface IPairSource
{
    /// <summary>Bytes of an element.</summary>
    static abstract int Size { get; }

    /// <summary><paramref name="count"/> neighbours, at most 32, as 16 pairs; zeros beyond.</summary>
    static abstract Vector512<uint> Along(byte* from, int count);

    /// <summary><paramref name="count"/> elements, at most 16, each in the upper half of a number whose lower half means nothing; zeros beyond.</summary>
    static abstract Vector512<uint> Upper(byte* from, int count);
}

/// <summary>Floats, rounded to nearest even; a NaN stays one.</summary>
internal readonly unsafe struct FloatPairs : IPairSource
{
    public static int Size => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Along(byte* from, int count) =>
        Avx512BW.PermuteVar32x16x2(
            Upper(from, Math.Min(count, 16)).AsUInt16(),
            Vector512.Create((ushort)1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31, 33, 35, 37, 39, 41, 43, 45, 47, 49, 51, 53, 55, 57, 59, 61, 63),
            Upper(from + 16 * sizeof(float), Math.Max(count - 16, 0)).AsUInt16()).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Upper(byte* from, int count) => Round(PairVector.Load((uint*)from, count));

    /// <summary>The rounded numbers in the upper halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Round(Vector512<uint> bits)
    {
        var rounded = bits + ((bits >> 16 & Vector512<uint>.One) + Vector512.Create(0x7FFFu));
        var number = Vector512.Equals(bits.AsSingle(), bits.AsSingle()).AsUInt32();
        return Vector512.ConditionalSelect(number, rounded, bits | Vector512.Create(0x0040_0000u));
    }
}

/// <summary>BF16, as it is.</summary>
internal readonly unsafe struct BF16Pairs : IPairSource
{
    public static int Size => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Along(byte* from, int count) =>
        count == 32 ? Vector512.Load((uint*)from) : PairVector.Load((ushort*)from, count).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Upper(byte* from, int count) =>
        Avx512F.ConvertToVector512UInt32(count == 16 ? Vector256.Load((ushort*)from) : PairVector.Load((ushort*)from, count).GetLower()) << 16;
}

/// <summary>Vectors of pairs: incomplete loads, halves put together, blocks turned in registers.</summary>
internal static unsafe class PairVector
{
    private static readonly Vector512<uint> numbers = Vector512.Create(0u, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

    private static readonly Vector512<ushort> shortNumbers = Vector512.Create(
        (ushort)0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);

    /// <summary>The first <paramref name="count"/> of 16 numbers; the rest is not touched, and 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Load(uint* from, int count) =>
        count == 16 ? Vector512.Load(from) : Avx512F.MaskLoad(from, Vector512.LessThan(numbers, Vector512.Create((uint)count)), Vector512<uint>.Zero);

    /// <summary>The first <paramref name="count"/> of 32 numbers; the rest is not touched, and 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ushort> Load(ushort* from, int count) =>
        Avx512BW.MaskLoad(from, Vector512.LessThan(shortNumbers, Vector512.Create((ushort)count)), Vector512<ushort>.Zero);

    /// <summary>Pairs of the upper halves of two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Join(Vector512<uint> first, Vector512<uint> second) =>
        Vector512.ConditionalSelect(Vector512.Create(0xFFFF_0000u), second, first >> 16);

    /// <summary>Four rows of 16 turned within lanes of 128 bits: lane l of result j holds the four rows' number 4 l + j.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Turn(ref Vector512<uint> r0, ref Vector512<uint> r1, ref Vector512<uint> r2, ref Vector512<uint> r3)
    {
        var a = Avx512F.UnpackLow(r0, r1).AsUInt64();
        var b = Avx512F.UnpackHigh(r0, r1).AsUInt64();
        var c = Avx512F.UnpackLow(r2, r3).AsUInt64();
        var d = Avx512F.UnpackHigh(r2, r3).AsUInt64();
        r0 = Avx512F.UnpackLow(a, c).AsUInt32();
        r1 = Avx512F.UnpackHigh(a, c).AsUInt32();
        r2 = Avx512F.UnpackLow(b, d).AsUInt32();
        r3 = Avx512F.UnpackHigh(b, d).AsUInt32();
    }

    /// <summary>Lanes of 128 bits turned: lane l of vector v becomes lane v of vector l.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TurnLanes(ref Vector512<uint> r0, ref Vector512<uint> r1, ref Vector512<uint> r2, ref Vector512<uint> r3)
    {
        const byte low = 0x44, high = 0xEE, even = 0x88, odd = 0xDD;
        var a = Avx512F.Shuffle4x128(r0, r1, low);
        var b = Avx512F.Shuffle4x128(r2, r3, low);
        var c = Avx512F.Shuffle4x128(r0, r1, high);
        var d = Avx512F.Shuffle4x128(r2, r3, high);
        r0 = Avx512F.Shuffle4x128(a, b, even);
        r1 = Avx512F.Shuffle4x128(a, b, odd);
        r2 = Avx512F.Shuffle4x128(c, d, even);
        r3 = Avx512F.Shuffle4x128(c, d, odd);
    }
}
