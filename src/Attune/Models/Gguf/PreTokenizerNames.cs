using System.Text.Json.Nodes;

namespace Attune.Models.Gguf;

/// <summary>
/// The names by which GGUF files say how byte-level text is cut into words, beside what tokenizer.json writes for the same. llama.cpp knows these
/// expressions by name alone: a tokenizer that has none of the names cannot be said in a GGUF file.
/// Source: ggml-org/llama.cpp, <c>src/llama-vocab.cpp</c>.
/// </summary>
internal static class PreTokenizerNames
{
    private const string Gpt2Words = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Qwen2Words = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Llama3Words = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>One way to cut; the first name is the one that is written.</summary>
    /// <param name="Names">What llama.cpp calls it.</param>
    /// <param name="Steps">Expressions that split one after the other, <see cref="Digits"/>, <see cref="Words"/>.</param>
    /// <param name="IgnoreMerges">Whether a word that is a token is taken whole.</param>
    public sealed record Way(IReadOnlyList<string> Names, IReadOnlyList<string> Steps, bool IgnoreMerges = false);

    /// <summary>Every digit alone.</summary>
    private const string Digits = "digits";

    /// <summary>GPT-2's own expression, as the ByteLevel pre-tokenizer has it.</summary>
    private const string Words = "words";

    private static readonly Way[] Ways =
    [
        new(["gpt-2", "phi-2", "mpt", "olmo", "jina-es", "jina-de", "roberta-bpe", "gigachat"], [Words]),
        new(["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"], [Digits, Words]),
        new(["qwen2", "stablelm2", "deepseek-r1-qwen", "megrez"], [Qwen2Words]),
        new(["llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral"], [Llama3Words], IgnoreMerges: true),
        new(["dbrx", "smaug-bpe", "chatglm-bpe", "glm4"], [Llama3Words]),
        new(["default"], [@"[\p{P}\$\+<=>\^~\|]+", Gpt2Words, @"\p{N}+", "[0-9][0-9][0-9]"]),
    ];

    /// <summary>The way of that name; null where Attune does not know it.</summary>
    public static Way? Find(string name) => Array.Find(Ways, w => w.Names.Contains(name));

    /// <summary>The way that a "pre_tokenizer" of tokenizer.json describes; null where llama.cpp has no name for it.</summary>
    public static Way? Find(JsonObject? preTokenizer, bool ignoreMerges)
    {
        var steps = new List<string>();
        return preTokenizer is not null && Read(preTokenizer, steps)
            ? Array.Find(Ways, w => w.IgnoreMerges == ignoreMerges && w.Steps.SequenceEqual(steps))
            : null;
    }

    /// <summary>What tokenizer.json writes for a way.</summary>
    public static JsonObject Write(Way way)
    {
        var last = way.Steps[^1] == Words;
        var steps = way.Steps.SkipLast(last ? 1 : 0).Select(static step => step == Digits
            ? new JsonObject { ["type"] = "Digits", ["individual_digits"] = true }
            : new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = step }, ["behavior"] = "Isolated", ["invert"] = false });
        var bytes = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = last };
        return new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray([.. steps, bytes]) };
    }

    // False where a step is none that any way has.
    private static bool Read(JsonObject step, List<string> steps)
    {
        switch ((string?)step["type"])
        {
            case "Sequence":
                return step["pretokenizers"] is JsonArray all && all.All(s => s is JsonObject inner && Read(inner, steps));
            case "Digits" when (bool?)step["individual_digits"] == true:
                steps.Add(Digits);
                return true;
            case "Split" when (string?)step["behavior"] == "Isolated" && (bool?)step["invert"] != true && step["pattern"] is JsonObject pattern && pattern.ContainsKey("Regex"):
                steps.Add((string)pattern["Regex"]!);
                return true;
            case "ByteLevel" when (bool?)step["add_prefix_space"] != true:
                if ((bool?)step["use_regex"] != false)
                    steps.Add(Words);
                return true;
            default:
                return false;
        }
    }
}
