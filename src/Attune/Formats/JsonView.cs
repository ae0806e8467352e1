using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Problems;

namespace Attune.Formats;

/// <summary>
/// A JSON object from a file, read through checks: a wrong value is a <see cref="UserErrorException"/> that names file, key, what was expected
/// and what was found. A key whose value is <c>null</c> counts as absent, as Hugging Face's files mean it.
/// </summary>
public sealed class JsonView
{
    private const int MaxFileBytes = 64 << 20;

    private static readonly JsonSerializerOptions Written = new()
    {
        WriteIndented = true,
        IndentSize = 2,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly string prefix;

    private JsonView(string file, string prefix, JsonObject json)
    {
        File = file;
        this.prefix = prefix;
        Json = json;
    }

    /// <summary>The file it came from.</summary>
    public string File { get; }

    /// <summary>
    /// What was read, with the keys' order and the numbers' spelling; changes to it are seen by this view and written by <see cref="ToText"/>.
    /// </summary>
    public JsonObject Json { get; }

    /// <summary>Reads a file that holds one object. Duplicate keys, comments, trailing commas and depths over 64 are errors.</summary>
    public static JsonView Read(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: > MaxFileBytes } large)
            throw new UserErrorException(path, $"expected at most {MaxFileBytes} bytes, found {large.Length}", "this is not a configuration file");
        return Parse(path, InputFile.Read(path, System.IO.File.ReadAllBytes));
    }

    /// <summary>Reads an object from UTF-8 text, with or without a byte-order mark; <paramref name="file"/> names it in messages.</summary>
    public static JsonView Parse(string file, ReadOnlySpan<byte> utf8)
    {
        if (utf8.StartsWith("\uFEFF"u8))
            utf8 = utf8[3..];
        try
        {
            CheckStrings(utf8);
            var node = JsonNode.Parse(utf8, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
            return node is JsonObject json
                ? new JsonView(file, "", json)
                : throw new UserErrorException(file, $"expected a JSON object, found {Describe(node)}", "check the file");
        }
        catch (JsonException e)
        {
            var place = e.LineNumber is { } line ? $"{file}, line {line + 1}" : file;
            throw new UserErrorException(place, $"is not valid JSON: {e.Message}", "mend the file");
        }
        catch (InvalidOperationException)
        {
            throw new UserErrorException(file, "holds a string that is not valid Unicode", "mend the file");
        }
    }

    /// <summary>A whole number that must be there.</summary>
    public int RequiredInt(string key, int min = int.MinValue, int max = int.MaxValue) =>
        Int(key, min, max) ?? throw Missing(key, Range("a whole number", min, max));

    /// <summary>A whole number, null where absent.</summary>
    public int? Int(string key, int min = int.MinValue, int max = int.MaxValue) => Json[key] is { } node ? ToInt(key, node, min, max) : null;

    /// <summary>A finite number that must be there.</summary>
    public double RequiredDouble(string key, double min = double.MinValue, double max = double.MaxValue) =>
        Double(key, min, max) ?? throw Missing(key, Range("a number", min, max));

    /// <summary>A finite number, null where absent.</summary>
    public double? Double(string key, double min = double.MinValue, double max = double.MaxValue) =>
        Json[key] is { } node ? ToDouble(key, node, min, max) : null;

    /// <summary>True or false, null where absent.</summary>
    public bool? Bool(string key) => Json[key] switch
    {
        null => null,
        JsonValue v when v.TryGetValue<bool>(out var b) => b,
        var other => throw Wrong(key, "true or false", Describe(other)),
    };

    /// <summary>A string that must be there.</summary>
    public string RequiredString(string key) => String(key) ?? throw Missing(key, "a string");

    /// <summary>A string, null where absent.</summary>
    public string? String(string key) => Json[key] switch
    {
        null => null,
        JsonValue v when v.TryGetValue<string>(out var s) => s,
        var other => throw Wrong(key, "a string", Describe(other)),
    };

    /// <summary>An object that must be there.</summary>
    public JsonView RequiredObject(string key) => Object(key) ?? throw Missing(key, "an object");

    /// <summary>An object, null where absent.</summary>
    public JsonView? Object(string key) => Json[key] switch
    {
        null => null,
        JsonObject o => new JsonView(File, $"{this.prefix}{key}.", o),
        var other => throw Wrong(key, "an object", Describe(other)),
    };

    /// <summary>A list of objects; empty where absent.</summary>
    public IReadOnlyList<JsonView> Objects(string key) => List(key, "objects")?.Select((node, i) =>
        node is JsonObject o ? new JsonView(File, $"{this.prefix}{key}[{i}].", o) : throw Wrong($"{key}[{i}]", "an object", Describe(node))).ToList() ?? [];

    /// <summary>A list of strings, null where absent.</summary>
    public IReadOnlyList<string>? Strings(string key) => List(key, "strings")?.Select((node, i) =>
        node is JsonValue v && v.TryGetValue<string>(out var s) ? s : throw Wrong($"{key}[{i}]", "a string", Describe(node))).ToList();

    /// <summary>A list of finite numbers, null where absent.</summary>
    public IReadOnlyList<double>? Doubles(string key, double min = double.MinValue, double max = double.MaxValue) =>
        List(key, "numbers")?.Select((node, i) => ToDouble($"{key}[{i}]", node, min, max)).ToList();

    /// <summary>A list of whole numbers, or one alone; empty where absent.</summary>
    public IReadOnlyList<int> IntOrList(string key, int min = int.MinValue, int max = int.MaxValue) => Json[key] switch
    {
        null => [],
        JsonArray list => list.Select((node, i) => ToInt($"{key}[{i}]", node, min, max)).ToList(),
        var node => [ToInt(key, node, min, max)],
    };

    /// <summary>The error for a key whose value is not what it must be, for checks that only the caller can make.</summary>
    public UserErrorException Wrong(string key, string expected, string found, string remedy = "") =>
        new($"{File}, {this.prefix}{key}", $"expected {expected}, found {found}", remedy);

    /// <summary>The object as text: two spaces of indentation, line feeds, a line feed at the end.</summary>
    public string ToText() => Json.ToJsonString(Written) + "\n";

    private UserErrorException Missing(string key, string expected) =>
        new($"{File}, {this.prefix}{key}", $"expected {expected}, but the key is missing", "add it, or use the file that came with the model");

    private JsonArray? List(string key, string of) => Json[key] switch
    {
        null => null,
        JsonArray list => list,
        var other => throw Wrong(key, $"a list of {of}", Describe(other)),
    };

    private int ToInt(string key, JsonNode? node, int min, int max) =>
        node is JsonValue v && v.GetValueKind() == JsonValueKind.Number && v.TryGetValue<int>(out var n) && n >= min && n <= max
            ? n
            : throw Wrong(key, Range("a whole number", min, max), Describe(node));

    private double ToDouble(string key, JsonNode? node, double min, double max) =>
        node is JsonValue v && v.GetValueKind() == JsonValueKind.Number && Number(v) is { } x && x >= min && x <= max
            ? x
            : throw Wrong(key, Range("a number", min, max), Describe(node));

    // A value that was set in code (an int, say) converts only to its own type; its text reads as a double either way.
    private static double? Number(JsonValue value) =>
        double.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var x) && double.IsFinite(x) ? x : null;

    private static string Range<T>(string what, T min, T max)
        where T : System.Numerics.IMinMaxValue<T>, IEquatable<T> =>
        (min.Equals(T.MinValue), max.Equals(T.MaxValue)) switch
        {
            (true, true) => what,
            (false, true) => $"{what}, at least {min}",
            (true, false) => $"{what}, at most {max}",
            _ => $"{what} from {min} to {max}",
        };

    private static string Describe(JsonNode? node)
    {
        var text = node switch
        {
            null => "null",
            JsonObject => "an object",
            JsonArray => "a list",
            _ => node.ToJsonString(),
        };
        return text.Length <= 100 ? text : $"{text.AsSpan(0, 100)}…";
    }

    /// <summary>Decodes every string once: the document reads them lazily, and would throw for bad ones at some later time.</summary>
    private static void CheckStrings(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        while (reader.Read())
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                reader.GetString();
    }
}
