using System.Buffers.Binary;
using System.Text;
using Attune.Engine;

namespace Attune.Formats.Gguf;

/// <summary>A tensor that is going to be written.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Type">Its type.</param>
/// <param name="Shape">Dimensions, slowest first.</param>
public sealed record GgufDeclaration(string Name, DType Type, IReadOnlyList<long> Shape)
{
    /// <summary>Length in bytes.</summary>
    public long ByteLength => Type.Bytes(Shape.Aggregate(1L, static (a, b) => checked(a * b)));
}

/// <summary>A key of the metadata with its value: string, bool, int, uint, float, or an array of strings, floats or ints.</summary>
public sealed record GgufEntry(string Key, object Value);

/// <summary>
/// Writes GGUF files of version 3 as a stream: all tensors are declared, then each one's bytes are asked for in turn. Equal inputs
/// give equal bytes. Format: ggml-org/ggml, docs/gguf.md.
/// </summary>
public static class GgufWriter
{
    /// <summary>Writes a file beside the target and renames it over the target when it is complete and on the disk.</summary>
    /// <param name="path">The file to make or to replace.</param>
    /// <param name="metadata">Keys and values, in the file's order; keys are unique.</param>
    /// <param name="tensors">What the file will hold, in the file's order; names are unique.</param>
    /// <param name="content">Called once per tensor, in order; writes exactly its bytes.</param>
    /// <exception cref="Problems.RunFailedException">The disk is full or the place cannot be written to; the old file stays.</exception>
    public static void Write(string path, IReadOnlyList<GgufEntry> metadata, IReadOnlyList<GgufDeclaration> tensors, Action<GgufDeclaration, Stream> content)
    {
        var header = Header(metadata, tensors);
        var total = header.Length + tensors.Sum(static t => Aligned(t.ByteLength));
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            foreach (var tensor in tensors)
            {
                var start = stream.Position;
                content(tensor, stream);
                if (stream.Position - start != tensor.ByteLength)
                    throw new InvalidOperationException($"tensor \"{tensor.Name}\": {tensor.ByteLength} bytes were declared, {stream.Position - start} were written");
                stream.Write(new byte[Aligned(tensor.ByteLength) - tensor.ByteLength]);
            }
        }, total);
    }

    private static byte[] Header(IReadOnlyList<GgufEntry> metadata, IReadOnlyList<GgufDeclaration> tensors)
    {
        if (metadata.DistinctBy(static e => e.Key).Count() != metadata.Count || tensors.DistinctBy(static t => t.Name).Count() != tensors.Count)
            throw new ArgumentException("a key or a tensor is declared twice");
        using var buffer = new MemoryStream();
        Put(buffer, GgufHeader.Magic);
        Put(buffer, 3u);
        Put(buffer, (ulong)tensors.Count);
        Put(buffer, (ulong)metadata.Count);
        foreach (var (key, value) in metadata)
        {
            Put(buffer, key);
            Put(buffer, value);
        }
        ulong offset = 0;
        foreach (var tensor in tensors)
        {
            Put(buffer, tensor.Name);
            Put(buffer, (uint)tensor.Shape.Count);
            foreach (var size in tensor.Shape.Reverse())
                Put(buffer, (ulong)size);
            Put(buffer, GgufType.Of(tensor.Type).Id);
            Put(buffer, offset);
            offset += (ulong)Aligned(tensor.ByteLength);
        }
        buffer.Write(new byte[Aligned(buffer.Length) - buffer.Length]);
        return buffer.ToArray();
    }

    private static long Aligned(long bytes) => (bytes + GgufHeader.DefaultAlignment - 1) / GgufHeader.DefaultAlignment * GgufHeader.DefaultAlignment;

    private static void Put(Stream to, object value)
    {
        switch (value)
        {
            case string text:
                Put(to, (uint)GgufValueType.String);
                Put(to, text);
                break;
            case bool flag:
                Put(to, (uint)GgufValueType.Bool);
                to.WriteByte(flag ? (byte)1 : (byte)0);
                break;
            case uint number:
                Put(to, (uint)GgufValueType.UInt32);
                Put(to, number);
                break;
            case int number:
                Put(to, (uint)GgufValueType.Int32);
                Put(to, unchecked((uint)number));
                break;
            case float number:
                Put(to, (uint)GgufValueType.Float32);
                Put(to, BitConverter.SingleToUInt32Bits(number));
                break;
            case IReadOnlyList<string> texts:
                PutArray(to, GgufValueType.String, texts, Put);
                break;
            case IReadOnlyList<float> numbers:
                PutArray(to, GgufValueType.Float32, numbers, static (s, f) => Put(s, BitConverter.SingleToUInt32Bits(f)));
                break;
            case IReadOnlyList<int> numbers:
                PutArray(to, GgufValueType.Int32, numbers, static (s, n) => Put(s, unchecked((uint)n)));
                break;
            default:
                throw new ArgumentException($"a value of {value.GetType()} is not written", nameof(value));
        }
    }

    private static void PutArray<T>(Stream to, GgufValueType type, IReadOnlyList<T> values, Action<Stream, T> put)
    {
        Put(to, (uint)GgufValueType.Array);
        Put(to, (uint)type);
        Put(to, (ulong)values.Count);
        foreach (var value in values)
            put(to, value);
    }

    private static void Put(Stream to, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Put(to, (ulong)bytes.Length);
        to.Write(bytes);
    }

    private static void Put(Stream to, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        to.Write(bytes);
    }

    private static void Put(Stream to, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        to.Write(bytes);
    }
}
