using Attune.Text.Bpe;
using Attune.Text.Decoders;
using Attune.Text.Normalizers;
using Attune.Text.PreTokenizers;

namespace Attune.Text;

/// <summary>Reads tokenizer.json; every fault is a user error that names the key.</summary>
internal static class TokenizerFile
{
    public static TokenizerParts Read(string json, string place)
    {
        var root = Section.Parse(json, place);
        var (vocabulary, model) = BpeReader.Read(root.Required("model"));
        var normalizer = root.Optional("normalizer") is { } n ? NormalizerTable.Read(n) : null;
        var added = ReadAdded(root, vocabulary);
        var normalized = added.Where(t => t.Normalized).Select(t => (t, normalizer?.Normalize(MappedText.Original(t.Content)).Text ?? t.Content));
        return new TokenizerParts(
            vocabulary,
            model,
            normalizer,
            root.Optional("pre_tokenizer") is { } p ? PreTokenizerTable.Read(p) : null,
            root.Optional("post_processor") is { } q ? CheckIds(PostProcessor.Read(q), vocabulary, q) : PostProcessor.None,
            root.Optional("decoder") is { } d ? DecoderTable.Read(d) : new SpaceDecoder(),
            added,
            new AddedTokenMatcher(added.Where(t => !t.Normalized).Select(t => (t, t.Content))),
            new AddedTokenMatcher(normalized),
            new AddedTokenMatcher(added.Where(t => t.Special || !t.Normalized).Select(t => (t, t.Content))));
    }

    private static List<AddedToken> ReadAdded(Section root, Vocabulary vocabulary)
    {
        var added = new List<AddedToken>();
        foreach (var item in root.Optional("added_tokens")?.Items() ?? [])
        {
            var token = AddedToken.Read(item);
            if (!vocabulary.TryAdd(token.Content, token.Id))
            {
                throw item.Wrong(vocabulary.IdOf(token.Content) is { } id && id != token.Id
                    ? $"the added token \"{token.Content}\" has the id {token.Id} here and {id} in the vocabulary"
                    : $"the id {token.Id} of the added token \"{token.Content}\" belongs to \"{vocabulary.TokenOf(token.Id)}\"");
            }
            added.Add(token);
        }
        return added;
    }

    private static PostProcessor CheckIds(PostProcessor processor, Vocabulary vocabulary, Section section)
    {
        foreach (var id in (int[])[.. processor.Prefix, .. processor.Suffix])
        {
            if (vocabulary.TokenOf(id) is null) throw section.Wrong($"it adds the id {id}, which no token has");
        }
        return processor;
    }
}

/// <summary>The texts of the special tokens that tokenizer_config.json or special_tokens_map.json name.</summary>
internal sealed record SpecialNames(string? Bos, string? Eos, string? Pad, string? Unknown)
{
    public static SpecialNames Read(string? json, string place)
    {
        if (json is null) return new(null, null, null, null);
        var root = Section.Parse(json, place);
        return new(Name("bos_token"), Name("eos_token"), Name("pad_token"), Name("unk_token"));

        // Either the token itself or an object that describes it.
        string? Name(string key) => root.Optional(key) is not { } token ? null : token.IsObject ? token.Required("content").Text() : token.Text();
    }

    /// <summary>These names, completed by others.</summary>
    public SpecialNames Or(SpecialNames other) => new(Bos ?? other.Bos, Eos ?? other.Eos, Pad ?? other.Pad, Unknown ?? other.Unknown);
}
