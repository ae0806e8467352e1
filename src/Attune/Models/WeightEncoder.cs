using System.Buffers.Binary;
using Attune.Engine;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Models;

/// <summary>Turns the values of a weight into the bytes of a file.</summary>
internal static class WeightEncoder
{
    /// <summary>Writes all rows; names the weight where a value does not fit the type.</summary>
    public static void Write(string name, Tensor values, SafeTensorsType type, Stream stream)
    {
        var row = new float[values.Cols];
        var bytes = new byte[values.Cols * type.ByteSize()];
        for (var r = 0; r < values.Rows; r++)
        {
            Widen(values, r, row);
            for (var c = 0; c < row.Length; c++)
                Put(name, row[c], type, bytes.AsSpan(c * type.ByteSize()));
            stream.Write(bytes);
        }
    }

    private static void Widen(Tensor values, int r, float[] row)
    {
        if (values.Type == DType.F32)
        {
            values.Row<float>(r).CopyTo(row);
            return;
        }
        for (var c = 0; c < row.Length; c++)
            row[c] = (float)values.Read(r, c);
    }

    private static void Put(string name, float value, SafeTensorsType type, Span<byte> bytes)
    {
        switch (type)
        {
            case SafeTensorsType.BF16:
                BinaryPrimitives.WriteUInt16LittleEndian(bytes, Scalars.ToBF16(value));
                break;
            case SafeTensorsType.F16:
                var half = (Half)value;
                if (Half.IsInfinity(half) && float.IsFinite(value))
                    throw new RunFailedException(new Problem(name, $"holds {value}, and F16 ends at {Half.MaxValue}", "save as BF16 or F32"));
                BinaryPrimitives.WriteHalfLittleEndian(bytes, half);
                break;
            default:
                BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
                break;
        }
    }
}
