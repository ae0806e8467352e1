using Attune.Engine.Formats;

namespace Attune.Engine.Backends;

/// <summary>
/// Both moments of AdamW in 8 bits (Dettmers et al. 2022): of every block of 256 neighbours the largest magnitude, and of each moment its nearest
/// number in the dynamic map (<see cref="DynamicCodes"/>), signed for the first and unsigned for the second. Memory of zeros means zeros.
/// </summary>
/// <param name="M">[1, n] U8: codes of the first moments.</param>
/// <param name="MScales">[1, <see cref="Blocks"/>(n)] F32: largest magnitudes of the first moments.</param>
/// <param name="V">[1, n] U8: codes of the second moments.</param>
/// <param name="VScales">The largest second moments, likewise.</param>
public sealed record ByteMoments(Tensor M, Tensor MScales, Tensor V, Tensor VScales)
{
    /// <summary>
    /// Neighbours that share a scale. The paper's are 2048; 256, as bitsandbytes has since come to use, keep an outlier to itself for
    /// 0.03 bytes a weight more.
    /// </summary>
    public const int BlockLength = 256;

    /// <summary>Blocks of so many weights.</summary>
    public static int Blocks(int count) => (count + BlockLength - 1) / BlockLength;

    /// <summary>First moment of a weight, for tests and tools.</summary>
    public float First(int index) => DynamicCodes.Signed[M.At<byte>(0, index)] * MScales.At<float>(0, index / BlockLength);

    /// <summary>Second moment of a weight.</summary>
    public float Second(int index) => DynamicCodes.Unsigned[V.At<byte>(0, index)] * VScales.At<float>(0, index / BlockLength);
}
