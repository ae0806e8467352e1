using System.Text.Json.Nodes;
using Attune.Text;

namespace Attune.Tests.Text;

/// <summary>Tokenizers written in a line, for tests of single components.</summary>
internal static class TinyTokenizer
{
    /// <summary>A file whose vocabulary is the given tokens and whose other parts are JSON texts.</summary>
    public static string Json(
        string[] vocabulary, string[]? merges = null, string normalizer = "null", string preTokenizer = "null", string decoder = "null",
        string postProcessor = "null", string added = "[]", string switches = "{}")
    {
        var model = JsonNode.Parse(switches)!.AsObject();
        model["type"] = "BPE";
        model["vocab"] = new JsonObject(vocabulary.Select((t, i) => KeyValuePair.Create(t, (JsonNode?)JsonValue.Create(i))));
        model["merges"] = new JsonArray([.. (merges ?? []).Select(m => (JsonNode)JsonValue.Create(m)!)]);
        var root = new JsonObject
        {
            ["added_tokens"] = JsonNode.Parse(added),
            ["normalizer"] = JsonNode.Parse(normalizer),
            ["pre_tokenizer"] = JsonNode.Parse(preTokenizer),
            ["post_processor"] = JsonNode.Parse(postProcessor),
            ["decoder"] = JsonNode.Parse(decoder),
            ["model"] = model,
        };
        return root.ToJsonString();
    }

    public static Tokenizer Parse(string json) => Tokenizer.Parse(json, null, "tiny");

    /// <summary>One token for each letter, with the id of its place.</summary>
    public static string[] Letters(string letters) => [.. letters.Select(c => c.ToString())];
}
