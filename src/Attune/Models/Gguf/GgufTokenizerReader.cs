using System.Text;
using System.Text.Json.Nodes;
using Attune.Formats.Gguf;
using Attune.Problems;

namespace Attune.Models.Gguf;

/// <summary>Makes tokenizer.json and its companions from the metadata of a GGUF file: the same tokens, the same merges, the same words.</summary>
internal sealed class GgufTokenizerReader
{
    private const string Prefix = "tokenizer.ggml.";

    // Every cut of a token is looked at; no vocabulary has tokens of nearly that length.
    private const int MaxTokenLength = 4096;

    private readonly GgufMetadata metadata;
    private readonly IReadOnlyList<string> tokens;
    private readonly IReadOnlyList<int> kinds;

    public GgufTokenizerReader(GgufMetadata metadata)
    {
        this.metadata = metadata;
        tokens = metadata.Strings(Prefix + "tokens") ?? throw metadata.Wrong(Prefix + "tokens", "the vocabulary", "nothing", "use a file that holds its tokenizer");
        kinds = metadata.Ints(Prefix + "token_type") ?? [.. Enumerable.Repeat((int)GgufTokenKind.Normal, tokens.Count)];
        if (kinds.Count != tokens.Count)
            throw metadata.Wrong(Prefix + "token_type", $"one for each of {tokens.Count} tokens", $"{kinds.Count}");
        if (tokens.FirstOrDefault(static t => t.Length > MaxTokenLength) is { } monster)
            throw metadata.Wrong(Prefix + "tokens", $"tokens of at most {MaxTokenLength} characters", $"one of {monster.Length}");
    }

    /// <summary>Number of tokens.</summary>
    public int Count => tokens.Count;

    /// <summary>The files by name.</summary>
    /// <exception cref="UserErrorException">A kind of tokenizer that Attune does not have, or metadata that does not hold together.</exception>
    public Dictionary<string, byte[]> Files()
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal)
        {
            ["tokenizer.json"] = Utf8(metadata.RequiredString(Prefix + "model") switch
            {
                "gpt2" => ByteLevel(),
                "llama" => SentencePiece(),
                var other => throw metadata.Wrong(Prefix + "model", "gpt2 or llama", $"\"{other}\"", "use a model with byte-pair encoding"),
            }),
            ["tokenizer_config.json"] = Utf8(Config()),
        };
        if (metadata.String("tokenizer.chat_template") is { } template)
            files["chat_template.jinja"] = Encoding.UTF8.GetBytes(template);
        return files;
    }

    /// <summary>The id under <c>tokenizer.ggml.NAME_token_id</c>; null where there is none.</summary>
    public int? Id(string name) => metadata.Int($"{Prefix}{name}_token_id", 0, tokens.Count - 1);

    private JsonObject ByteLevel()
    {
        var name = metadata.String(Prefix + "pre") ?? "default";
        var way = PreTokenizerNames.Find(name) ?? throw metadata.Wrong(Prefix + "pre", "a way to cut words that Attune knows", $"\"{name}\"", "use the model's Hugging Face folder");
        var merges = metadata.Strings(Prefix + "merges") ?? throw metadata.Wrong(Prefix + "merges", "the merges", "nothing", "use a file that holds its tokenizer");
        var bytes = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true };
        return Root(
            normalizer: null, PreTokenizerNames.Write(way), bytes, addsBos: way.IgnoreMerges,
            new JsonObject
            {
                ["type"] = "BPE",
                ["byte_fallback"] = false,
                ["ignore_merges"] = way.IgnoreMerges,
                ["vocab"] = Vocabulary(),
                ["merges"] = new JsonArray([.. merges.Select(static m => (JsonNode)m)]),
            });
    }

    private JsonObject SentencePiece()
    {
        var steps = new JsonArray();
        if (metadata.Bool(Prefix + "add_space_prefix") ?? true)
            steps.Add(new JsonObject { ["type"] = "Prepend", ["prepend"] = "▁" });
        steps.Add(new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = " " }, ["content"] = "▁" });
        var decoders = new JsonArray(
            new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = "▁" }, ["content"] = " " },
            new JsonObject { ["type"] = "ByteFallback" }, new JsonObject { ["type"] = "Fuse" });
        if (steps.Count == 2)
            decoders.Add(new JsonObject { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 });
        return Root(
            new JsonObject { ["type"] = "Sequence", ["normalizers"] = steps }, preTokenizer: null,
            new JsonObject { ["type"] = "Sequence", ["decoders"] = decoders }, addsBos: true,
            new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = Id("unknown") is { } unknown ? tokens[unknown] : null,
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["vocab"] = Vocabulary(),
                ["merges"] = MergesOfScores(),
            });
    }

    private JsonObject Root(JsonObject? normalizer, JsonObject? preTokenizer, JsonObject decoder, bool addsBos, JsonObject model) => new()
    {
        ["version"] = "1.0",
        ["truncation"] = null,
        ["padding"] = null,
        ["added_tokens"] = Added(),
        ["normalizer"] = normalizer,
        ["pre_tokenizer"] = preTokenizer,
        ["post_processor"] = Around(addsBos),
        ["decoder"] = decoder,
        ["model"] = model,
    };

    private JsonObject Vocabulary()
    {
        var vocabulary = new JsonObject();
        for (var id = 0; id < tokens.Count; id++)
        {
            if (kinds[id] is (int)GgufTokenKind.Unused)
                continue;
            if (!vocabulary.TryAdd(tokens[id], id))
                throw metadata.Wrong(Prefix + "tokens", "tokens that differ", $"\"{tokens[id]}\" twice, the second time with id {id}");
        }
        return vocabulary;
    }

    private JsonArray Added()
    {
        var added = new JsonArray();
        for (var id = 0; id < tokens.Count; id++)
        {
            if (kinds[id] is not ((int)GgufTokenKind.Control or (int)GgufTokenKind.UserDefined or (int)GgufTokenKind.Unknown))
                continue;
            added.Add(new JsonObject
            {
                ["id"] = id,
                ["content"] = tokens[id],
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = false,
                ["special"] = kinds[id] != (int)GgufTokenKind.UserDefined,
            });
        }
        return added;
    }

    private JsonObject? Around(bool addsBos)
    {
        var bos = metadata.Bool(Prefix + "add_bos_token") ?? addsBos ? Id("bos") : null;
        var eos = metadata.Bool(Prefix + "add_eos_token") ?? false ? Id("eos") : null;
        if (bos is null && eos is null)
            return null;
        var (single, specials) = (new JsonArray(), new JsonObject());
        void Special(int? id)
        {
            if (id is not { } known)
                return;
            single.Add(new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = tokens[known], ["type_id"] = 0 } });
            specials[tokens[known]] = new JsonObject { ["id"] = tokens[known], ["ids"] = new JsonArray(known), ["tokens"] = new JsonArray(tokens[known]) };
        }

        Special(bos);
        single.Add(new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } });
        Special(eos);
        return new JsonObject { ["type"] = "TemplateProcessing", ["single"] = single, ["pair"] = single.DeepClone(), ["special_tokens"] = specials };
    }

    // Any two tokens that together are a token may be merged; the higher its score, the sooner.
    private JsonArray MergesOfScores()
    {
        var scores = metadata.Floats(Prefix + "scores") ?? throw metadata.Wrong(Prefix + "scores", "one for each token", "nothing", "use a file that holds its tokenizer");
        if (scores.Count != tokens.Count)
            throw metadata.Wrong(Prefix + "scores", $"one for each of {tokens.Count} tokens", $"{scores.Count}");
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < tokens.Count; id++)
        {
            if (kinds[id] is (int)GgufTokenKind.Normal)
                ids.TryAdd(tokens[id], id);
        }
        var merges = new List<(float Score, int Left, int Right)>();
        foreach (var (text, id) in ids)
        {
            for (var at = 1; at < text.Length; at++)
            {
                if (char.IsLowSurrogate(text[at]))
                    continue;
                if (ids.TryGetValue(text[..at], out var left) && ids.TryGetValue(text[at..], out var right))
                    merges.Add((scores[id], left, right));
            }
        }
        return new JsonArray([.. merges.OrderByDescending(static m => m.Score).ThenBy(static m => m.Left).ThenBy(static m => m.Right)
            .Select(m => (JsonNode)new JsonArray(tokens[m.Left], tokens[m.Right]))]);
    }

    private JsonObject Config()
    {
        var config = new JsonObject { ["tokenizer_class"] = "PreTrainedTokenizerFast", ["clean_up_tokenization_spaces"] = false };
        foreach (var (name, key) in new[] { ("bos", "bos_token"), ("eos", "eos_token"), ("padding", "pad_token"), ("unknown", "unk_token") })
        {
            if (Id(name) is { } id)
                config[key] = tokens[id];
        }
        return config;
    }

    private static byte[] Utf8(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString(Written));

    private static readonly System.Text.Json.JsonSerializerOptions Written = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
