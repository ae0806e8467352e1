using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Attune.Formats;

/// <summary>A tensor that is going to be written.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Dimensions, slowest first; empty for a scalar.</param>
public sealed record SafeTensorsDeclaration(string Name, SafeTensorsType Type, IReadOnlyList<long> Shape)
{
    /// <summary>Length in bytes: elements times their size.</summary>
    public long ByteLength => SafeTensorsTypes.ByteLength(Type, Shape)
        ?? throw new ArgumentException($"tensor \"{Name}\": {Type} [{string.Join(", ", Shape)}] has no countable size");
}

/// <summary>
/// Writes safetensors files as a stream: all tensors are declared, then each one's bytes are asked for in turn, so that no more than one needs to be
/// in memory. Equal declarations, metadata and contents give equal bytes.
/// </summary>
public static class SafeTensorsWriter
{
    private static readonly JsonWriterOptions HeaderOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a file beside the target and renames it over the target when it is complete and on the disk.</summary>
    /// <param name="path">The file to make or to replace.</param>
    /// <param name="tensors">What the file will hold, in any order; names are unique.</param>
    /// <param name="content">Called once per tensor, in the ordinal order of the names; writes exactly its bytes (little-endian, row-major).</param>
    /// <param name="metadata">The header's text pairs, if any.</param>
    /// <exception cref="Problems.RunFailedException">The disk is full or the place cannot be written to; the old file stays.</exception>
    public static void Write(
        string path,
        IEnumerable<SafeTensorsDeclaration> tensors,
        Action<SafeTensorsDeclaration, Stream> content,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        var sorted = tensors.OrderBy(t => t.Name, StringComparer.Ordinal).ToList();
        var header = Header(sorted, metadata ?? new Dictionary<string, string>());
        var total = checked(header.Length + sizeof(ulong) + sorted.Sum(t => t.ByteLength));
        AtomicFile.Write(path, stream => WriteAll(stream, header, sorted, content), total);
    }

    private static void WriteAll(
        Stream stream, byte[] header, List<SafeTensorsDeclaration> tensors, Action<SafeTensorsDeclaration, Stream> content)
    {
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        stream.Write(prefix);
        stream.Write(header);
        foreach (var tensor in tensors)
        {
            var start = stream.Position;
            content(tensor, stream);
            if (stream.Position - start != tensor.ByteLength)
                throw new InvalidOperationException(
                    $"tensor \"{tensor.Name}\": {tensor.ByteLength} bytes were declared, {stream.Position - start} were written");
        }
    }

    private static byte[] Header(List<SafeTensorsDeclaration> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, HeaderOptions))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            WriteEntries(json, tensors);
            json.WriteEndObject();
        }
        // The specification pads with spaces, so that the data starts at a multiple of eight.
        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        return buffer.Length <= SafeTensorsHeader.MaxBytes
            ? buffer.ToArray()
            : throw new ArgumentException(
                $"the header takes {buffer.Length} bytes, at most {SafeTensorsHeader.MaxBytes} are allowed", nameof(tensors));
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.Count == 0)
            return;
        json.WriteStartObject(SafeTensorsHeader.MetadataKey);
        foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static void WriteEntries(Utf8JsonWriter json, List<SafeTensorsDeclaration> tensors)
    {
        long offset = 0;
        string? previous = null;
        foreach (var tensor in tensors)
        {
            if (tensor.Name == previous || tensor.Name == SafeTensorsHeader.MetadataKey)
                throw new ArgumentException($"\"{tensor.Name}\" is declared twice or reserved", nameof(tensors));
            previous = tensor.Name;
            json.WriteStartObject(tensor.Name);
            json.WriteString("dtype", tensor.Type.ToString());
            json.WriteStartArray("shape");
            foreach (var n in tensor.Shape)
                json.WriteNumberValue(n);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            json.WriteNumberValue(offset = checked(offset + tensor.ByteLength));
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }
}
