using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Attune.Data;

/// <summary>The bytes of one JSON record → its fields, with every way in which they can be bad said in words.</summary>
internal static class RowJson
{
    private const int ExcerptChars = 60;

    // A field that stands twice is ambiguous: most readers keep the last silently, so it is refused here.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <summary>The record's fields, or null with what is wrong in <paramref name="problem"/>.</summary>
    /// <param name="bytes">Exactly one JSON value in UTF-8, blanks around it allowed.</param>
    /// <param name="problem">What is wrong, with an excerpt; empty where nothing is.</param>
    /// <param name="positional">Whether a record may be a list, whose items are then fields by the names 0, 1, 2 …</param>
    public static JsonObject? Parse(ReadOnlyMemory<byte> bytes, out string problem, bool positional = false)
    {
        problem = "";
        var utf8 = bytes.Span;
        // System.Text.Json checks the bytes of a string only when the string is asked for, which would be far from here.
        if (!Utf8.IsValid(utf8))
        {
            problem = $"is not valid UTF-8, near {Excerpt(utf8, FirstInvalid(utf8))}";
            return null;
        }
        try
        {
            using var document = JsonDocument.Parse(bytes, Strict);
            var root = document.RootElement;
            if (positional && root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0) return ByPosition((JsonArray)Build(root)!);
            if (root.ValueKind != JsonValueKind.Object)
            {
                problem = $"must be a JSON object, but is {Kind(root.ValueKind)}: {Excerpt(utf8, 0)}";
                return null;
            }
            return (JsonObject)Build(root)!;
        }
        catch (JsonException e)
        {
            var at = (int)Math.Min(e.BytePositionInLine ?? 0, utf8.Length);
            problem = $"is not valid JSON: {Reason(e)} At byte {at + 1}, near {Excerpt(utf8, at)}";
        }
        catch (InvalidOperationException)
        {
            problem = $"holds an escape for half a surrogate pair, which is not text: {Excerpt(utf8, 0)}";
        }
        return null;
    }

    /// <summary>The value of a text that is JSON; null if it is not, or is the word null.</summary>
    public static JsonNode? ParseValue(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Strict);
            return Build(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A record without names: its items under their numbers.</summary>
    public static JsonObject ByPosition(JsonArray items) =>
        new(items.Select((item, i) => KeyValuePair.Create(i.ToString(CultureInfo.InvariantCulture), item?.DeepClone())));

    /// <summary>A JSON kind in a user's words.</summary>
    public static string Kind(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };

    /// <summary>What kind of value a node is, in a user's words.</summary>
    public static string Kind(JsonNode? node) => Kind(node?.GetValueKind() ?? JsonValueKind.Null);

    /// <summary>The parser's own sentence without its position, which counts lines from the record's first.</summary>
    public static string Reason(JsonException e)
    {
        var cut = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        if (cut < 0) cut = e.Message.IndexOf(" Path:", StringComparison.Ordinal);
        return cut < 0 ? e.Message : e.Message[..cut];
    }

    /// <summary>A short piece of a record around a byte, on one line and in quotes.</summary>
    public static string Excerpt(ReadOnlySpan<byte> utf8, int around)
    {
        var start = Math.Clamp(around - ExcerptChars / 2, 0, Math.Max(0, utf8.Length - 1));
        var length = Math.Min(ExcerptChars, utf8.Length - start);
        // The piece may begin or end within a character; the replacement marks that and nothing else is done with it.
        var text = Encoding.UTF8.GetString(utf8.Slice(start, length));
        var clean = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return $"`{(start > 0 ? "…" : "")}{clean}{(start + length < utf8.Length ? "…" : "")}`";
    }

    // Strings are decoded here, once, so that a bad escape is an error of its row and nothing later can throw.
    private static JsonNode? Build(JsonElement e) => e.ValueKind switch
    {
        JsonValueKind.Object => new JsonObject(e.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, Build(p.Value)))),
        JsonValueKind.Array => new JsonArray([.. e.EnumerateArray().Select(Build)]),
        JsonValueKind.String => JsonValue.Create(e.GetString()),
        JsonValueKind.Null => null,
        _ => JsonValue.Create(e.Clone()),
    };

    private static int FirstInvalid(ReadOnlySpan<byte> utf8)
    {
        var at = 0;
        while (at < utf8.Length && Rune.DecodeFromUtf8(utf8[at..], out _, out var used) == System.Buffers.OperationStatus.Done) at += used;
        return at;
    }
}
