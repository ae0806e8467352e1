using System.Text.Encodings.Web;
using System.Text.Json;

namespace Attune.Corpus;

/// <summary>JSON Lines, in and out.</summary>
internal static class JsonText
{
    public static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A row of the support data: one question of the user, one answer.</summary>
    public static string Conversation(string ask, string answer) => JsonSerializer.Serialize(
        new { messages = new[] { new { role = "user", content = ask }, new { role = "assistant", content = answer } } }, Options);

    /// <summary>Question and answer of each row of a file of such rows.</summary>
    public static List<(string Ask, string Answer)> Conversations(string path) =>
        [.. File.ReadLines(path).Select(line =>
        {
            using var row = JsonDocument.Parse(line);
            var messages = row.RootElement.GetProperty("messages");
            return (messages[0].GetProperty("content").GetString()!, messages[1].GetProperty("content").GetString()!);
        })];

    /// <summary>Every string value of every row.</summary>
    public static IEnumerable<string> Strings(string path)
    {
        foreach (var line in File.ReadLines(path))
        {
            if (line.Length == 0)
                continue;
            using var row = JsonDocument.Parse(line);
            foreach (var text in Strings(row.RootElement))
                yield return text;
        }
    }

    private static IEnumerable<string> Strings(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => [element.GetString()!],
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Strings),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => Strings(p.Value)),
        _ => [],
    };
}
