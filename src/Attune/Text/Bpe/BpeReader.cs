namespace Attune.Text.Bpe;

/// <summary>Reads the "model" of tokenizer.json.</summary>
internal static class BpeReader
{
    private static readonly Dictionary<string, Func<Section, (Vocabulary, BpeModel)>> Types = new() { ["BPE"] = ReadBpe };

    public static (Vocabulary Vocabulary, BpeModel Model) Read(Section section)
    {
        // Files from before 2020 name no type; a vocabulary with merges is BPE.
        if (section.Optional("type") is null && section.Optional("merges") is not null) return ReadBpe(section);
        return Supported.Build(Types, section, "model");
    }

    private static (Vocabulary, BpeModel) ReadBpe(Section section)
    {
        var vocabulary = ReadVocabulary(section.Required("vocab"));
        var prefix = section.TextOr("continuing_subword_prefix", "");
        var merges = ReadMerges(section.Required("merges"), vocabulary, prefix);
        int? unknown = null;
        if (section.Optional("unk_token") is { } token)
            unknown = vocabulary.IdOf(token.Text()) ?? throw token.Wrong($"the unknown token \"{token.Text()}\" is not in the vocabulary");
        var options = new BpeOptions(
            unknown, section.FlagOr("fuse_unk", false), section.FlagOr("byte_fallback", false), section.FlagOr("ignore_merges", false),
            prefix, section.TextOr("end_of_word_suffix", ""));
        return (vocabulary, new BpeModel(vocabulary, merges, options));
    }

    private static Vocabulary ReadVocabulary(Section section)
    {
        var vocabulary = new Vocabulary();
        foreach (var (token, id) in section.Members())
        {
            var number = id.Count(Vocabulary.MaximumId);
            if (vocabulary.TryAdd(token, number)) continue;
            throw section.Wrong(vocabulary.TokenOf(number) is { } other
                ? $"the tokens \"{other}\" and \"{token}\" have the same id, {number}"
                : $"the token \"{token}\" stands twice, with the ids {vocabulary.IdOf(token)} and {number}");
        }
        return vocabulary;
    }

    private static Dictionary<ulong, Merge> ReadMerges(Section section, Vocabulary vocabulary, string prefix)
    {
        var merges = new Dictionary<ulong, Merge>();
        var rank = 0;
        foreach (var item in section.Items())
        {
            var (left, right) = ReadPair(item);
            var merged = prefix.Length > 0 && right.StartsWith(prefix, StringComparison.Ordinal) ? left + right[prefix.Length..] : left + right;
            // A pair that stands twice keeps its last place, as in the reference implementation.
            merges[BpeModel.Pair(IdOf(item, left), IdOf(item, right))] = new Merge(rank++, IdOf(item, merged));
        }
        return merges;

        int IdOf(Section item, string token) => vocabulary.IdOf(token) ?? throw item.Wrong($"the token \"{token}\" of this merge is not in the vocabulary");
    }

    private static (string Left, string Right) ReadPair(Section item)
    {
        string[] parts = item.IsText ? item.Text().Split(' ') : [.. item.Items().Select(p => p.Text())];
        return parts.Length == 2 ? (parts[0], parts[1]) : throw item.Wrong($"expected a merge of two tokens, found {parts.Length}");
    }
}
