using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Attune.Engine.Backends.Cpu.Simd;

/// <summary>Eight floats: AVX2 with FMA.</summary>
internal readonly unsafe struct Lane256 : ILane<Vector256<float>>
{
    public static int Width => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Set(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* from) => Vector256.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* to, Vector256<float> value) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadBF16(ushort* from) => (Widen(from) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadF16(ushort* from)
    {
        var half = Widen(from);
        var sign = (half & Vector256.Create(0x8000u)) << 16;
        // Exponent and mantissa in their places, then the exponent's bias corrected by a multiplication, which normalises too.
        var magnitude = ((half & Vector256.Create(0x7FFFu)) << 13).AsSingle() * Vector256.Create(5.192296858534828e33f);
        var special = Vector256.GreaterThanOrEqual(half & Vector256.Create(0x7FFFu), Vector256.Create(0x7C00u));
        return (magnitude.AsUInt32() | sign | (special & Vector256.Create(0x7F800000u))).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadS8(byte* from) =>
        Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(Vector128.CreateScalarUnsafe(*(ulong*)from).AsSByte()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Lookup(Vector512<float> table, byte* codes, int shift) => Lookup(table, Widen(codes) >> shift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Lookup(Vector512<float> table, ushort* codes, int shift) => Lookup(table, Widen(codes) >> shift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadSixBits(byte* low, int lowShift, byte* high, int highShift)
    {
        var upper = (Widen(high) >> highShift) & Vector256.Create(3u);
        return Vector256.ConvertToSingle((((Widen(low) >> lowShift) & Vector256.Create(15u)) | (upper << 4)).AsInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sub(Vector256<float> a, Vector256<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Mul(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Div(Vector256<float> a, Vector256<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Fma(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        Vector256.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Vector256.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Min(Vector256<float> a, Vector256<float> b) => Vector256.MinNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Abs(Vector256<float> a) => Vector256.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sqrt(Vector256<float> a) => Vector256.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Round(Vector256<float> a) => Vector256.Round(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(Vector256<float> a, Vector256<float> n)
    {
        // In two factors, because 2ⁿ itself may lie outside the range although the product does not.
        var whole = Vector256.ConvertToInt32Native(n);
        var first = whole >> 1;
        var bias = Vector256.Create(127);
        return a * ((first + bias) << 23).AsSingle() * ((whole - first + bias) << 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> IfLess(Vector256<float> x, Vector256<float> y, Vector256<float> a, Vector256<float> b) =>
        Vector256.ConditionalSelect(Vector256.LessThan(x, y), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> a) => Vector256.Sum(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector256<float> a) => Lane128.Largest(Vector128.MaxNative(a.GetLower(), a.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Widen(ushort* from) => Avx2.ConvertToVector256Int32(Vector128.Load(from)).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Widen(byte* from) => Avx2.ConvertToVector256Int32(Vector128.CreateScalarUnsafe(*(ulong*)from).AsByte()).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Lookup(Vector512<float> table, Vector256<uint> codes)
    {
        // Each permutation looks at three bits; the fourth, moved to the sign, chooses between them.
        var low = Avx2.PermuteVar8x32(table.GetLower(), codes.AsInt32());
        var high = Avx2.PermuteVar8x32(table.GetUpper(), codes.AsInt32());
        return Avx.BlendVariable(low, high, (codes << 28).AsSingle());
    }
}
