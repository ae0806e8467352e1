using System.Text.Json.Nodes;
using Attune.Text;

namespace Attune.Tests.Data;

/// <summary>A byte-level tokenizer small enough to reason about: every byte is a token, a few merges, a few special tokens.</summary>
internal static class TinyTokenizer
{
    private static readonly string[] ChatMl = ["<|im_start|>", "<|im_end|>"];

    // "ab" and ": y" (written with the byte-level alphabet's blank) are merged, so that tokens can lie across a border.
    private static readonly string[] Merges = ["a b", "Ġ y", ": Ġy"];

    /// <summary>End token <c>&lt;|eos|&gt;</c>; with <paramref name="bos"/>, the post-processor puts <c>&lt;|bos|&gt;</c> in front.</summary>
    /// <param name="bos">Whether a BOS is put in front.</param>
    /// <param name="turns">The special tokens beside BOS and EOS; null for ChatML's.</param>
    public static Tokenizer Make(bool bos = false, string[]? turns = null) => Tokenizer.Parse(Json(bos, turns), Config, "tiny");

    /// <summary>Its tokenizer_config.json.</summary>
    public const string Config = """{"bos_token": "<|bos|>", "eos_token": "<|eos|>"}""";

    /// <summary>Its tokenizer.json.</summary>
    public static string Json(bool bos = false, string[]? turns = null)
    {
        var vocab = new JsonObject();
        foreach (var letter in Alphabet()) vocab[letter] = vocab.Count;
        foreach (var merge in Merges) vocab[merge.Replace(" ", "", StringComparison.Ordinal)] = vocab.Count;
        var added = new JsonArray();
        foreach (var name in (string[])["<|bos|>", "<|eos|>", .. turns ?? ChatMl])
        {
            added.Add(new JsonObject
            {
                ["id"] = vocab.Count + added.Count,
                ["content"] = name,
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = false,
                ["special"] = true,
            });
        }
        var byteLevel = () => new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = false, ["use_regex"] = false };
        var bosId = vocab.Count;
        var json = new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = added,
            ["normalizer"] = null,
            ["pre_tokenizer"] = byteLevel(),
            ["decoder"] = byteLevel(),
            ["post_processor"] = bos ? JsonNode.Parse($$$"""
                {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|bos|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                 "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                 "special_tokens": {"<|bos|>": {"id": "<|bos|>", "ids": [{{{bosId}}}], "tokens": ["<|bos|>"]} } }
                """) : byteLevel(),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["vocab"] = vocab,
                ["merges"] = new JsonArray([.. Merges.Select(m => (JsonNode)m)]),
            },
        };
        return json.ToJsonString();
    }

    // Bytes that print stand for themselves; the others are shifted to U+0100 and above, in order.
    private static IEnumerable<string> Alphabet()
    {
        var shifted = 0;
        for (var b = 0; b < 256; b++)
            yield return (b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE ? (char)b : (char)(256 + shifted++)).ToString();
    }
}
