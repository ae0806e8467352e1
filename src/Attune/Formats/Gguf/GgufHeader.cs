using System.Buffers.Binary;
using System.Text;
using Attune.Engine;
using Attune.Problems;

namespace Attune.Formats.Gguf;

/// <summary>
/// Parses the head of a GGUF file. Nothing in it is believed: every count and length is held against what is left of the file before
/// memory is taken for it, and every tensor must lie within the file, beside all others.
/// </summary>
internal sealed class GgufHeader(string path, Stream stream)
{
    public const uint Magic = 0x46554747;
    public const string AlignmentKey = "general.alignment";
    public const int DefaultAlignment = 32;

    private const int MaxKeys = 1 << 16, MaxTensors = 1 << 20, MaxStringBytes = 64 << 20, MaxNameBytes = 1 << 10, MaxDimensions = 4;

    private readonly long length = stream.Length;

    private long Left => length - stream.Position;

    public (GgufMetadata Metadata, IReadOnlyDictionary<string, GgufTensor> Tensors) Read()
    {
        if (length < 24 || UInt32() != Magic)
            throw new UserErrorException(path, "does not begin as a GGUF file does", "give a .gguf file, or the folder of a Hugging Face model");
        var version = UInt32();
        if (version is not (2 or 3))
            throw Wrong(BinaryPrimitives.ReverseEndianness(version) is 2 or 3 ? "is written for big-endian machines" : $"has version {version}; Attune reads 2 and 3", "convert it again with a current converter");
        var tensorCount = Count("tensors", MaxTensors, leastBytes: 24);
        var keyCount = Count("keys", MaxKeys, leastBytes: 13);
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        for (var i = 0; i < keyCount; i++)
        {
            var key = Text(MaxNameBytes << 6);
            if (!values.TryAdd(key, Value((GgufValueType)UInt32())))
                throw Wrong($"has the key {Short(key)} twice");
        }
        var metadata = new GgufMetadata(path, values);
        return (metadata, ReadTensors(tensorCount, metadata.Int(AlignmentKey, 8, 1 << 20) ?? DefaultAlignment));
    }

    private Dictionary<string, GgufTensor> ReadTensors(int count, int alignment)
    {
        if (alignment % 8 != 0)
            throw Wrong($"has {AlignmentKey} {alignment}, which is not a multiple of 8");
        var claims = new List<(string Name, GgufType Type, long[] Shape, ulong Offset)>();
        for (var i = 0; i < count; i++)
            claims.Add(Claim());
        var data = (stream.Position + alignment - 1) / alignment * alignment;
        var tensors = new Dictionary<string, GgufTensor>(StringComparer.Ordinal);
        foreach (var (name, type, shape, offset) in claims)
        {
            if (offset % (ulong)alignment != 0 || offset > (ulong)length)
                throw Wrong($"places the tensor \"{Short(name)}\" at byte {offset} of its data, which is not a multiple of {alignment} within the file");
            var bytes = type.Type is { } known ? ByteLength(name, known, shape) : 0;
            if (bytes > length - data - (long)offset)
                throw new UserErrorException(path, $"ends within the tensor \"{Short(name)}\"", "the file is cut off: copy or download it again");
            if (!tensors.TryAdd(name, new GgufTensor(name, type, shape, data + (long)offset, bytes)))
                throw Wrong($"has the tensor \"{Short(name)}\" twice");
        }
        CheckOverlap(tensors.Values);
        return tensors;
    }

    private (string, GgufType, long[], ulong) Claim()
    {
        var name = Text(MaxNameBytes);
        var dimensions = UInt32();
        if (dimensions is 0 or > MaxDimensions)
            throw Wrong($"gives the tensor \"{Short(name)}\" {dimensions} dimensions; 1 to {MaxDimensions} are allowed");
        var shape = new long[dimensions];
        Int128 elements = 1;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            var size = UInt64();
            elements *= size;
            if (size == 0 || elements > long.MaxValue / 8)
                throw Wrong($"gives the tensor \"{Short(name)}\" a dimension of {size}, which no tensor of this file can have");
            shape[i] = (long)size;
        }
        var id = UInt32();
        return (name, GgufType.Of(id) ?? throw Wrong($"stores the tensor \"{Short(name)}\" in type {id}, which is not known"), shape, UInt64());
    }

    private long ByteLength(string name, DType type, long[] shape)
    {
        if (shape[^1] % type.BlockElements() != 0)
            throw Wrong($"has rows of {shape[^1]} in the tensor \"{Short(name)}\", which are not whole blocks of {type}");
        return type.Bytes(shape.Aggregate(1L, static (a, b) => a * b));
    }

    private void CheckOverlap(IEnumerable<GgufTensor> tensors)
    {
        GgufTensor? last = null;
        foreach (var tensor in tensors.OrderBy(static t => t.Offset).ThenBy(static t => t.ByteLength))
        {
            if (last is not null && tensor.Offset < last.Offset + last.ByteLength)
                throw Wrong($"stores the tensors \"{Short(last.Name)}\" and \"{Short(tensor.Name)}\" in the same bytes");
            last = tensor;
        }
    }

    private object Value(GgufValueType type) => type switch
    {
        GgufValueType.String => Text(MaxStringBytes),
        GgufValueType.Array => ReadArray((GgufValueType)UInt32()),
        _ => Scalar(type),
    };

    private Array ReadArray(GgufValueType type) => type switch
    {
        GgufValueType.String => Fill(8, () => Text(MaxStringBytes)),
        GgufValueType.UInt8 => Fill(1, () => (byte)Scalar(type)),
        GgufValueType.Int8 => Fill(1, () => (sbyte)Scalar(type)),
        GgufValueType.Bool => Fill(1, () => (bool)Scalar(type)),
        GgufValueType.UInt16 => Fill(2, () => (ushort)Scalar(type)),
        GgufValueType.Int16 => Fill(2, () => (short)Scalar(type)),
        GgufValueType.UInt32 => Fill(4, UInt32),
        GgufValueType.Int32 => Fill(4, () => unchecked((int)UInt32())),
        GgufValueType.Float32 => Fill(4, () => BitConverter.UInt32BitsToSingle(UInt32())),
        GgufValueType.UInt64 => Fill(8, UInt64),
        GgufValueType.Int64 => Fill(8, () => unchecked((long)UInt64())),
        GgufValueType.Float64 => Fill(8, () => BitConverter.UInt64BitsToDouble(UInt64())),
        _ => throw Wrong($"has an array of type {(uint)type}, which Attune does not read"),
    };

    private object Scalar(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 => Byte(),
        GgufValueType.Int8 => unchecked((sbyte)Byte()),
        GgufValueType.Bool => Byte() switch { 0 => false, 1 => true, var other => throw Wrong($"has a truth value of {other}") },
        GgufValueType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(stackalloc byte[2])),
        GgufValueType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(Bytes(stackalloc byte[2])),
        GgufValueType.UInt32 => UInt32(),
        GgufValueType.Int32 => unchecked((int)UInt32()),
        GgufValueType.Float32 => BitConverter.UInt32BitsToSingle(UInt32()),
        GgufValueType.UInt64 => UInt64(),
        GgufValueType.Int64 => unchecked((long)UInt64()),
        GgufValueType.Float64 => BitConverter.UInt64BitsToDouble(UInt64()),
        _ => throw Wrong($"has a value of type {(uint)type}, which is not known"),
    };

    private T[] Fill<T>(int leastBytes, Func<T> read)
    {
        var array = new T[Count("elements of an array", Array.MaxLength, leastBytes)];
        for (var i = 0; i < array.Length; i++)
            array[i] = read();
        return array;
    }

    private int Count(string what, int most, int leastBytes)
    {
        var count = UInt64();
        if (count > (ulong)most || count > (ulong)(Left / leastBytes))
            throw Wrong($"claims {count} {what}, more than it can hold");
        return (int)count;
    }

    private string Text(int most)
    {
        var size = UInt64();
        if (size > (ulong)Math.Min(most, Left))
            throw Wrong($"claims a text of {size} bytes, more than it can hold");
        var bytes = new byte[size];
        Bytes(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    private byte Byte() => Bytes(stackalloc byte[1])[0];

    private uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(stackalloc byte[4]));

    private ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(stackalloc byte[8]));

    private Span<byte> Bytes(Span<byte> to)
    {
        if (to.Length > Left)
            throw new UserErrorException(path, "ends within its header", "the file is cut off: copy or download it again");
        stream.ReadExactly(to);
        return to;
    }

    private UserErrorException Wrong(string message, string remedy = "the file is damaged: copy or download it again") => new(path, message, remedy);

    private static string Short(string text) => text.Length <= 100 ? text : $"{text.AsSpan(0, 100)}…";
}
