using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Attune.Engine.Backends.Cpu.Simd;

/// <summary>Four floats: SSE, NEON, or whatever the runtime makes of it.</summary>
internal readonly unsafe struct Lane128 : ILane<Vector128<float>>
{
    public static int Width => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Set(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* from) => Vector128.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* to, Vector128<float> value) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadBF16(ushort* from) => (Widen(from) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadF16(ushort* from)
    {
        var half = Widen(from);
        var sign = (half & Vector128.Create(0x8000u)) << 16;
        // Exponent and mantissa in their places, then the exponent's bias corrected by a multiplication, which normalises too.
        var magnitude = ((half & Vector128.Create(0x7FFFu)) << 13).AsSingle() * Vector128.Create(5.192296858534828e33f);
        var special = Vector128.GreaterThanOrEqual(half & Vector128.Create(0x7FFFu), Vector128.Create(0x7C00u));
        return (magnitude.AsUInt32() | sign | (special & Vector128.Create(0x7F800000u))).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadS8(byte* from) => Vector128.Create((sbyte)from[0], (sbyte)from[1], (sbyte)from[2], (float)(sbyte)from[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Lookup(Vector512<float> table, byte* codes, int shift)
    {
        var t = (float*)&table;
        return Vector128.Create(t[(codes[0] >> shift) & 15], t[(codes[1] >> shift) & 15], t[(codes[2] >> shift) & 15], t[(codes[3] >> shift) & 15]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Lookup(Vector512<float> table, ushort* codes, int shift)
    {
        var t = (float*)&table;
        return Vector128.Create(t[(codes[0] >> shift) & 15], t[(codes[1] >> shift) & 15], t[(codes[2] >> shift) & 15], t[(codes[3] >> shift) & 15]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadSixBits(byte* low, int lowShift, byte* high, int highShift)
    {
        var upper = (Widen(high) >> highShift) & Vector128.Create(3u);
        return Vector128.ConvertToSingle((((Widen(low) >> lowShift) & Vector128.Create(15u)) | (upper << 4)).AsInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sub(Vector128<float> a, Vector128<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Mul(Vector128<float> a, Vector128<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Div(Vector128<float> a, Vector128<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Fma(Vector128<float> a, Vector128<float> b, Vector128<float> c) =>
        Vector128.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Max(Vector128<float> a, Vector128<float> b) => Vector128.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Min(Vector128<float> a, Vector128<float> b) => Vector128.MinNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Abs(Vector128<float> a) => Vector128.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sqrt(Vector128<float> a) => Vector128.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Round(Vector128<float> a) => Vector128.Round(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Scale(Vector128<float> a, Vector128<float> n)
    {
        // In two factors, because 2ⁿ itself may lie outside the range although the product does not.
        var whole = Vector128.ConvertToInt32Native(n);
        var first = whole >> 1;
        var bias = Vector128.Create(127);
        return a * ((first + bias) << 23).AsSingle() * ((whole - first + bias) << 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> IfLess(Vector128<float> x, Vector128<float> y, Vector128<float> a, Vector128<float> b) =>
        Vector128.ConditionalSelect(Vector128.LessThan(x, y), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> a) => Vector128.Sum(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector128<float> a)
    {
        var pairs = Vector128.MaxNative(a, Vector128.Shuffle(a, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(pairs, Vector128.Shuffle(pairs, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Widen(ushort* from) => Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)from).AsUInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Widen(byte* from) => Vector128.Create(from[0], from[1], from[2], (uint)from[3]);
}
