using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Formats;

/// <summary>
/// How weights may be stored: one row a format. Products, lookups and norms ask for a decoder here and never know which format they
/// read.
/// </summary>
internal static unsafe class WeightFormats
{
    /// <summary>The decoder of <paramref name="type"/> at a lane width.</summary>
    /// <exception cref="NotSupportedException">The type is not a weight format.</exception>
    public static delegate*<byte*, long, int, float*, void> Decoder<L, V>(DType type) where L : struct, ILane<V> where V : unmanaged =>
        type switch
        {
            DType.F32 => &F32Format.Decode,
            DType.BF16 => &BF16Format.Decode<L, V>,
            DType.F16 => &F16Format.Decode<L, V>,
            _ => throw new NotSupportedException($"{type} is not a weight format"),
        };

    /// <summary>The encoder of <paramref name="type"/>: rounds <c>count</c> floats to the nearest, ties to even.</summary>
    /// <exception cref="NotSupportedException">The type is not a weight format.</exception>
    public static delegate*<float*, int, byte*, long, void> Encoder(DType type) =>
        type switch
        {
            DType.F32 => &F32Format.Encode,
            DType.BF16 => &BF16Format.Encode,
            DType.F16 => &F16Format.Encode,
            _ => throw new NotSupportedException($"{type} is not a weight format"),
        };
}
