using Attune.Engine.Backends.Cpu.Simd;
using Attune.Engine.Formats;

namespace Attune.Engine.Backends.Cpu;

/// <summary>A matrix in any weight format, read by parts of rows.</summary>
internal readonly unsafe struct RowOperand<L, V> where L : struct, ILane<V> where V : unmanaged
{
    private readonly byte* address;
    private readonly long pitch;
    private readonly delegate*<byte*, long, int, float*, void> decode;

    public RowOperand(Tensor? tensor)
    {
        if (tensor is null)
            return;
        address = (byte*)tensor.Address;
        pitch = tensor.PitchBytes;
        decode = tensor.Type == DType.F32 ? null : WeightFormats.Decoder<L, V>(tensor.Type);
    }

    public bool IsNull => address == null;

    /// <summary>Elements col … col + count − 1 of the first row: in place, or widened into <paramref name="to"/>.</summary>
    public float* Part(int col, int count, float* to) => Part(0, col, count, to);

    /// <summary>Elements col … col + count − 1 of a row: in place, or widened into <paramref name="to"/>.</summary>
    public float* Part(int row, int col, int count, float* to)
    {
        if (decode == null)
            return (float*)(address + row * pitch) + col;
        decode(address + row * pitch, col, count, to);
        return to;
    }
}
