using System.Buffers.Binary;
using System.Text;

namespace Attune.Reports.TensorBoard;

/// <summary>The few parts of Protocol Buffers' wire format that event files need: a key (field · 8 + type), then the value.</summary>
internal sealed class ProtoWriter
{
    private readonly List<byte> bytes = [];

    /// <summary>A varint field: int32, int64, enum.</summary>
    public ProtoWriter Whole(int field, long value)
    {
        Varint((ulong)field << 3);
        Varint((ulong)value);
        return this;
    }

    /// <summary>A double, eight bytes.</summary>
    public ProtoWriter Double(int field, double value)
    {
        Varint((ulong)field << 3 | 1);
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(eight, value);
        bytes.AddRange(eight);
        return this;
    }

    /// <summary>A float, four bytes.</summary>
    public ProtoWriter Float(int field, float value)
    {
        Varint((ulong)field << 3 | 5);
        Span<byte> four = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(four, value);
        bytes.AddRange(four);
        return this;
    }

    /// <summary>A string.</summary>
    public ProtoWriter Text(int field, string value) => Block(field, Encoding.UTF8.GetBytes(value));

    /// <summary>A message within the message.</summary>
    public ProtoWriter Message(int field, ProtoWriter message) => Block(field, message.ToArray());

    /// <summary>What was written.</summary>
    public byte[] ToArray() => [.. bytes];

    private ProtoWriter Block(int field, byte[] value)
    {
        Varint((ulong)field << 3 | 2);
        Varint((ulong)value.Length);
        bytes.AddRange(value);
        return this;
    }

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
    }
}
