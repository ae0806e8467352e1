using System.Globalization;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Formats.Gguf;
using Attune.Problems;
using Attune.Text;

namespace Attune.Models.Gguf;

/// <summary>Kinds of tokens in <c>tokenizer.ggml.token_type</c>.</summary>
internal enum GgufTokenKind
{
    /// <summary>An ordinary piece of text.</summary>
    Normal = 1,

    /// <summary>Stands for what no token can say.</summary>
    Unknown = 2,

    /// <summary>Begins, ends, separates; not shown.</summary>
    Control = 3,

    /// <summary>Added by the model's makers, found in the text as a whole, shown.</summary>
    UserDefined = 4,

    /// <summary>An id that nothing has: rows that fill an embedding up.</summary>
    Unused = 5,

    /// <summary>One byte, where a character has no token.</summary>
    Byte = 6,
}

/// <summary>Says a tokenizer in the words of a GGUF file, or why it cannot be said.</summary>
/// <param name="files">Where its tokenizer.json is.</param>
/// <param name="tokenizer">The same, read.</param>
internal sealed class GgufTokenizerWriter(ModelFiles files, Tokenizer tokenizer)
{
    private const string Remedy = "export an adapter (gguf-lora), or merge into a Hugging Face folder";

    private readonly JsonView root = JsonView.Parse(files.Place("tokenizer.json"), files.Read("tokenizer.json"));

    /// <summary>The keys; every id below <paramref name="vocabulary"/> gets a token.</summary>
    /// <param name="vocabulary">Rows of the embedding.</param>
    /// <param name="stopIds">Ids that end an answer.</param>
    /// <param name="template">The chat template that rules; null for none.</param>
    /// <exception cref="UserErrorException">llama.cpp has no tokenizer that gives the same ids.</exception>
    public IEnumerable<GgufEntry> Entries(int vocabulary, IReadOnlyList<int> stopIds, ChatTemplate? template)
    {
        var model = root.RequiredObject("model");
        if (model.String("type") is { } type and not "BPE")
            throw Unsayable($"is of type {type}; byte-pair encoding alone is written");
        if (model.String("continuing_subword_prefix") is { Length: > 0 } || model.String("end_of_word_suffix") is { Length: > 0 })
            throw Unsayable("marks parts of words by a prefix or a suffix");
        var merges = Merges(model).ToList();
        var kinds = Kinds(vocabulary);
        var own = model.Bool("byte_fallback") == true ? SentencePiece(merges, kinds) : ByteLevel(model, merges);
        foreach (var entry in own)
            yield return entry;
        yield return new("tokenizer.ggml.tokens", Enumerable.Range(0, vocabulary).Select(Text).ToArray());
        yield return new("tokenizer.ggml.token_type", kinds.Select(static k => (int)k).ToArray());
        foreach (var entry in Specials(stopIds))
            yield return entry;
        if (template is not null)
            yield return new("tokenizer.chat_template", template.Source);
    }

    private IEnumerable<GgufEntry> ByteLevel(JsonView model, List<(string Left, string Right)> merges)
    {
        if (root.Object("normalizer") is { } normalizer && normalizer.String("type") != "NFC")
            throw Unsayable($"has a normalizer of type {normalizer.String("type")}");
        var way = PreTokenizerNames.Find(root.Object("pre_tokenizer")?.Json, model.Bool("ignore_merges") ?? false)
            ?? throw Unsayable("cuts text into words in a way that llama.cpp has no name for");
        yield return new("tokenizer.ggml.model", "gpt2");
        yield return new("tokenizer.ggml.pre", way.Names[0]);
        yield return new("tokenizer.ggml.merges", merges.Select(static m => $"{m.Left} {m.Right}").ToArray());
    }

    private IEnumerable<GgufEntry> SentencePiece(List<(string Left, string Right)> merges, GgufTokenKind[] kinds)
    {
        yield return new("tokenizer.ggml.model", "llama");
        yield return new("tokenizer.ggml.pre", "default");
        yield return new("tokenizer.ggml.add_space_prefix", AddsBlank());
        yield return new("tokenizer.ggml.scores", Scores(merges, kinds));
    }

    // llama.cpp merges the pair whose token has the highest score; a merge list makes the token whose merge comes first.
    private float[] Scores(List<(string Left, string Right)> merges, GgufTokenKind[] kinds)
    {
        var rank = new Dictionary<int, int>();
        for (var i = 0; i < merges.Count; i++)
            rank.TryAdd(tokenizer.IdOf(merges[i].Left + merges[i].Right)!.Value, i);
        return [.. kinds.Select((kind, id) => kind != GgufTokenKind.Normal ? 0f : rank.TryGetValue(id, out var place) ? -place : -merges.Count - id)];
    }

    // The two ways in which tokenizer.json turns blanks into ▁: a normalizer, or Metaspace.
    private bool AddsBlank()
    {
        var steps = Steps(root.Object("normalizer")).ToList();
        if (root.Object("pre_tokenizer") is not { } pre)
        {
            var types = steps.Select(static s => s.String("type")).ToList();
            if (steps.Any(static s => s.String("type") == "Replace" && s.String("content") != "▁"))
                throw Unsayable("replaces text before it is cut");
            return types switch
            {
                ["Prepend", "Replace"] => true,
                ["Replace"] => false,
                _ => throw Unsayable($"has normalizers that llama.cpp does not know ({string.Join(", ", types)})"),
            };
        }
        if (steps.Count > 0 || pre.String("type") != "Metaspace")
            throw Unsayable($"has a pre-tokenizer of type {pre.String("type")} beside byte fallback");
        var inside = Enumerable.Range(0, tokenizer.VocabularySize).Select(tokenizer.FindToken).Any(static t => t is not null && t.LastIndexOf('▁') > 0 && t.Trim('▁').Contains('▁', StringComparison.Ordinal));
        if (pre.Bool("split") != false && inside)
            throw Unsayable("cuts text at blanks, and has tokens with blanks inside");
        return pre.String("prepend_scheme") is { } scheme ? scheme != "never" : pre.Bool("add_prefix_space") ?? true;
    }

    private static IEnumerable<JsonView> Steps(JsonView? normalizer)
    {
        if (normalizer is null)
            return [];
        return normalizer.String("type") == "Sequence"
            ? ((JsonArray)normalizer.Json["normalizers"]!).Select(n => JsonView.Parse(normalizer.File, System.Text.Encoding.UTF8.GetBytes(n!.ToJsonString())))
            : [normalizer];
    }

    private IEnumerable<GgufEntry> Specials(IReadOnlyList<int> stopIds)
    {
        (string, int?)[] named =
        [
            ("bos", tokenizer.BosId), ("eos", tokenizer.EosId ?? stopIds.Cast<int?>().FirstOrDefault()),
            ("eot", stopIds.Where(id => id != tokenizer.EosId).Cast<int?>().LastOrDefault()),
            ("unknown", tokenizer.UnknownId), ("padding", tokenizer.PadId),
        ];
        foreach (var (name, id) in named)
        {
            if (id is { } known)
                yield return new($"tokenizer.ggml.{name}_token_id", (uint)known);
        }
        var around = tokenizer.Encode("a", addSpecialTokens: true).Ids;
        yield return new("tokenizer.ggml.add_bos_token", tokenizer.BosId is { } bos && around[0] == bos);
        yield return new("tokenizer.ggml.add_eos_token", tokenizer.EosId is { } eos && around[^1] == eos);
    }

    private GgufTokenKind[] Kinds(int vocabulary)
    {
        var kinds = new GgufTokenKind[vocabulary];
        for (var id = 0; id < vocabulary; id++)
        {
            var text = tokenizer.FindToken(id);
            kinds[id] = text is null ? GgufTokenKind.Unused : IsByte(text) ? GgufTokenKind.Byte : GgufTokenKind.Normal;
        }
        foreach (var item in root.Json["added_tokens"]?.AsArray() ?? [])
            kinds[(int)item!["id"]!] = (bool?)item["special"] == true ? GgufTokenKind.Control : GgufTokenKind.UserDefined;
        if (tokenizer.UnknownId is { } unknown)
            kinds[unknown] = GgufTokenKind.Unknown;
        return kinds;
    }

    private static bool IsByte(string text) =>
        text.Length == 6 && text.StartsWith("<0x", StringComparison.Ordinal) && text[5] == '>' && byte.TryParse(text.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);

    private static IEnumerable<(string Left, string Right)> Merges(JsonView model)
    {
        foreach (var merge in model.Json["merges"] as JsonArray ?? [])
        {
            var parts = merge is JsonArray pair ? [(string)pair[0]!, (string)pair[1]!] : ((string)merge!).Split(' ');
            yield return (parts[0], parts[1]);
        }
    }

    private string Text(int id) => tokenizer.FindToken(id) ?? string.Create(CultureInfo.InvariantCulture, $"[PAD{id}]");

    private UserErrorException Unsayable(string why) => new(root.File, $"the tokenizer {why}: a GGUF file would be read to other ids", Remedy);
}
