using System.Text;
using System.Text.Json;
using Attune.Problems;

namespace Attune.Formats;

/// <summary>
/// Parses and checks the JSON header of a safetensors file. Nothing in it is believed: every number is checked against the others and against the
/// file's length before anybody uses it. Format: huggingface/safetensors, README.md#format.
/// </summary>
internal sealed class SafeTensorsHeader
{
    /// <summary>The specification's limit for the header's length in bytes.</summary>
    public const int MaxBytes = 100_000_000;

    /// <summary>The key of the header that is not a tensor.</summary>
    public const string MetadataKey = "__metadata__";

    private readonly string path;
    private readonly long dataStart;
    private readonly long dataLength;
    private readonly Dictionary<string, SafeTensorsEntry> entries = new(StringComparer.Ordinal);
    private Dictionary<string, string>? metadata;

    private SafeTensorsHeader(string path, long dataStart, long dataLength)
    {
        this.path = path;
        this.dataStart = dataStart;
        this.dataLength = dataLength;
    }

    public IReadOnlyDictionary<string, SafeTensorsEntry> Entries => entries;

    public IReadOnlyDictionary<string, string> Metadata => metadata ?? [];

    /// <summary>Parses the header.</summary>
    /// <param name="path">Names the file in messages.</param>
    /// <param name="json">The header without its length.</param>
    /// <param name="dataStart">Where the tensors' bytes begin in the file.</param>
    /// <param name="dataLength">How many bytes of tensors the file really has.</param>
    public static SafeTensorsHeader Parse(string path, ReadOnlySpan<byte> json, long dataStart, long dataLength)
    {
        var header = new SafeTensorsHeader(path, dataStart, dataLength);
        if (json.IsEmpty || json[0] != (byte)'{')
            throw header.Wrong("", $"the header begins with {(json.IsEmpty ? "nothing" : $"byte 0x{json[0]:x2}")}, expected '{{'");
        try
        {
            header.ReadTop(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The reader throws InvalidOperationException for strings that are not valid Unicode.
            throw header.Wrong("", $"the header is not valid JSON: {e.Message}");
        }
        header.CheckLayout();
        return header;
    }

    private void ReadTop(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                throw Wrong(name, $"expected an object, found {Describe(reader)}");
            if (name == MetadataKey)
                ReadMetadata(ref reader);
            else if (!entries.TryAdd(name, ReadEntry(ref reader, name)))
                throw Wrong(name, "stands twice in the header");
        }
        // Asks for one more token, so that anything but white space after the closing brace is an error.
        reader.Read();
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (metadata is not null)
            throw Wrong(MetadataKey, "stands twice in the header");
        metadata = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw Wrong(MetadataKey, $"key \"{Short(key)}\": expected a string, found {Describe(reader)}");
            if (!metadata.TryAdd(key, reader.GetString()!))
                throw Wrong(MetadataKey, $"key \"{Short(key)}\" stands twice");
        }
    }

    private SafeTensorsEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        SafeTensorsType? type = null;
        long[]? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            switch (key)
            {
                case "dtype" when type is null:
                    type = ReadType(ref reader, name);
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref reader, name, key);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(ref reader, name, key);
                    break;
                default:
                    throw Wrong(name, $"key \"{Short(key)}\" stands twice or is none of dtype, shape, data_offsets");
            }
        }
        if (type is null || shape is null || offsets is null)
            throw Wrong(name, $"{(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")} is missing");
        return MakeEntry(name, type.Value, shape, offsets);
    }

    private SafeTensorsType ReadType(ref Utf8JsonReader reader, string name)
    {
        var text = reader.TokenType == JsonTokenType.String ? Short(reader.GetString()!) : Describe(reader);
        return SafeTensorsTypes.TryParse(text, out var type)
            ? type
            : throw Wrong(name, $"dtype: expected one of {SafeTensorsTypes.Names}, found {text}", "convert the file to one of these types");
    }

    private long[] ReadNumbers(ref Utf8JsonReader reader, string name, string key)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Wrong(name, $"{key}: expected a list, found {Describe(reader)}");
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var n) || n < 0)
                throw Wrong(name, $"{key}: expected whole numbers from 0 to 2^63-1, found {Describe(reader)}");
            numbers.Add(n);
        }
        return [.. numbers];
    }

    private SafeTensorsEntry MakeEntry(string name, SafeTensorsType type, long[] shape, long[] offsets)
    {
        var described = Short($"{type} [{string.Join(", ", shape)}]");
        if (offsets.Length != 2)
            throw Wrong(name, $"data_offsets: expected two numbers, found {offsets.Length}");
        if (SafeTensorsTypes.ByteLength(type, shape) is not { } bytes)
            throw Wrong(name, $"{described} has more bytes than can be counted");
        var (begin, end) = (offsets[0], offsets[1]);
        if (begin > end || end - begin != bytes)
            throw Wrong(name, $"{described} takes {bytes} bytes, but data_offsets are [{begin}, {end}]");
        if (end > this.dataLength)
            throw Wrong(name, $"ends at byte {end} of the data, but the file has {this.dataLength} bytes of data",
                "the file is cut off: copy or download it again");
        return new SafeTensorsEntry(name, type, shape, this.dataStart + begin, bytes);
    }

    /// <summary>The tensors must tile the data: no holes, no overlaps, nothing after the last.</summary>
    private void CheckLayout()
    {
        var position = this.dataStart;
        foreach (var entry in entries.Values.OrderBy(e => e.Offset).ThenBy(e => e.ByteLength))
        {
            if (entry.Offset != position)
                throw Wrong(entry.Name,
                    $"begins at byte {entry.Offset - this.dataStart} of the data, expected {position - this.dataStart}: tensors overlap or leave a hole");
            position += entry.ByteLength;
        }
        if (position - this.dataStart != this.dataLength)
            throw Wrong("", $"the tensors take {position - this.dataStart} bytes, but the file has {this.dataLength} bytes of data");
    }

    private static string Describe(in Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number => Short(Encoding.ASCII.GetString(reader.ValueSpan)),
        JsonTokenType.String => "a string",
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.Null => "null",
        _ => reader.TokenType.ToString(),
    };

    // A hostile name can be a hundred megabytes long.
    private static string Short(string text) => text.Length <= 200 ? text : $"{text.AsSpan(0, 200)}…";

    private UserErrorException Wrong(
        string tensor, string message, string remedy = "the file is damaged or not safetensors: copy or download it again") =>
        new(tensor.Length == 0 ? this.path : $"{this.path}, tensor \"{Short(tensor)}\"", message, remedy);
}
