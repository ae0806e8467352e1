using System.Security.Cryptography;
using Attune.Formats;
using Attune.Problems;
using Attune.Text.Bpe;
using Attune.Text.Decoders;
using Attune.Text.Normalizers;
using Attune.Text.PreTokenizers;

namespace Attune.Text;

/// <summary>
/// A tokenizer in Hugging Face's tokenizer.json form: byte-level and SentencePiece-style byte-pair encoding. Ids equal those of the reference
/// implementation; offsets always cover the text (the file's trim_offsets, truncation and padding are not applied). Thread-safe.
/// </summary>
public sealed class Tokenizer
{
    private readonly TokenizerParts parts;
    private readonly HashSet<int> specials;

    internal Tokenizer(TokenizerParts parts, SpecialNames names, string hash)
    {
        this.parts = parts;
        specials = [.. parts.Added.Where(t => t.Special).Select(t => t.Id)];
        BosId = IdOfNamed(names.Bos);
        EosId = IdOfNamed(names.Eos);
        PadId = IdOfNamed(names.Pad);
        UnknownId = IdOfNamed(names.Unknown);
        Hash = hash;
    }

    /// <summary>Highest id + 1, added tokens included. A model's embedding may have more rows than that.</summary>
    public int VocabularySize => parts.Vocabulary.Size;

    /// <summary>The beginning-of-sequence token that the tokenizer's configuration names; null where it names none, or one without an id.</summary>
    public int? BosId { get; }

    /// <summary>The end-of-sequence token; null like <see cref="BosId"/>.</summary>
    public int? EosId { get; }

    /// <summary>The padding token; null like <see cref="BosId"/>.</summary>
    public int? PadId { get; }

    /// <summary>The unknown token; null like <see cref="BosId"/>.</summary>
    public int? UnknownId { get; }

    /// <summary>SHA-256 of tokenizer.json's bytes, in lower-case hexadecimal.</summary>
    public string Hash { get; }

    /// <summary>Reads tokenizer.json and, where present, tokenizer_config.json and special_tokens_map.json of a model's folder.</summary>
    /// <exception cref="UserErrorException">A file is missing or malformed, or names a component that is not supported.</exception>
    public static Tokenizer Load(string modelDirectory) => Load(ModelFiles.InFolder(modelDirectory));

    /// <summary>The same from a model's files, wherever they come from.</summary>
    /// <exception cref="UserErrorException">As for a folder.</exception>
    public static Tokenizer Load(ModelFiles files)
    {
        const string name = "tokenizer.json";
        if (!files.Has(name))
            throw new UserErrorException(files.Place(name), "the file is missing", "a model folder needs the tokenizer in Hugging Face's tokenizer.json form");
        var bytes = files.Read(name);
        var names = Names("tokenizer_config.json").Or(Names("special_tokens_map.json"));
        var parts = TokenizerFile.Read(System.Text.Encoding.UTF8.GetString(bytes), files.Place(name));
        return new Tokenizer(parts, names, Convert.ToHexStringLower(SHA256.HashData(bytes)));

        SpecialNames Names(string file) => SpecialNames.Read(files.Text(file), files.Place(file));
    }

    /// <summary>Reads a tokenizer from the texts of its files; <paramref name="place"/> names them in errors.</summary>
    /// <exception cref="UserErrorException">As for <see cref="Load(ModelFiles)"/>.</exception>
    public static Tokenizer Parse(string tokenizerJson, string? tokenizerConfigJson, string place) => new(
        TokenizerFile.Read(tokenizerJson, place),
        SpecialNames.Read(tokenizerConfigJson, $"{place} (tokenizer_config.json)"),
        Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(tokenizerJson))));

    /// <summary>The text's tokens. Special tokens in the text are recognised in any case; <paramref name="addSpecialTokens"/> puts BOS, EOS … around them.</summary>
    public Encoding Encode(string text, bool addSpecialTokens) => EncodeWith(parts.InText, text, addSpecialTokens);

    /// <summary>
    /// The tokens of a text that a chat template wrote: its special tokens are found as they are spelt. <see cref="Encode"/> like the
    /// reference seeks some of them after normalization only, where a normalizer that prepends a blank hides them behind an answer.
    /// </summary>
    public Encoding EncodeRendered(string text, bool addSpecialTokens) => EncodeWith(parts.InRendered, text, addSpecialTokens);

    private Encoding EncodeWith(AddedTokenMatcher sought, string text, bool addSpecialTokens)
    {
        var ids = new List<int>(text.Length / 3 + 4);
        var ranges = new List<CharRange>(text.Length / 3 + 4);
        if (addSpecialTokens) AddAround(parts.PostProcessor.Prefix, 0);
        foreach (var (start, end, token) in sought.IsEmpty ? [(0, text.Length, null)] : sought.Split(text))
        {
            if (token is not null) Add(token.Id, start, end);
            else EncodePlain(MappedText.Original(text[start..end], start), ids, ranges);
        }
        if (addSpecialTokens) AddAround(parts.PostProcessor.Suffix, text.Length);
        return new Encoding([.. ids], [.. ranges]);

        void AddAround(int[] added, int place)
        {
            foreach (var id in added) Add(id, place, place);
        }

        void Add(int id, int start, int end)
        {
            ids.Add(id);
            ranges.Add(new CharRange(start, end));
        }
    }

    /// <summary>The text of these ids; an id that has no token (a padded embedding row) stands for no text.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        var stream = Stream(skipSpecialTokens);
        foreach (var id in ids) stream.Feed(id);
        return stream.Flush();
    }

    /// <summary>An incremental decoder for streaming generation.</summary>
    public TokenStream Stream(bool skipSpecialTokens = true) => new(this, parts.Decoder, skipSpecialTokens);

    /// <summary>Whether the file marks the token as special, so that decoding may skip it.</summary>
    public bool IsSpecial(int id) => specials.Contains(id);

    /// <summary>The id of a token as it is written in the vocabulary (<c>Ġthe</c>, <c>▁the</c>, <c>&lt;/s&gt;</c>), or null.</summary>
    public int? IdOf(string tokenText) => parts.Vocabulary.IdOf(tokenText);

    /// <summary>The token as it is written in the vocabulary.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has that id.</exception>
    public string TokenText(int id) => FindToken(id) ?? throw new ArgumentOutOfRangeException(nameof(id), id, "no token has this id");

    internal string? FindToken(int id) => parts.Vocabulary.TokenOf(id);

    private int? IdOfNamed(string? token) => token is null ? null : IdOf(token);

    private void EncodePlain(MappedText text, List<int> ids, List<CharRange> ranges)
    {
        var normalized = parts.Normalizer?.Normalize(text) ?? text;
        if (parts.InNormalizedText.IsEmpty)
        {
            EncodeWords(normalized, 0, normalized.Length, ids, ranges);
            return;
        }
        foreach (var (start, end, token) in parts.InNormalizedText.Split(normalized.Text))
        {
            if (token is null) EncodeWords(normalized, start, end, ids, ranges);
            else
            {
                ids.Add(token.Id);
                ranges.Add(new CharRange(normalized.StartOf(start), normalized.EndOf(end - 1)));
            }
        }
    }

    private void EncodeWords(MappedText text, int start, int end, List<int> ids, List<CharRange> ranges)
    {
        if (end == start) return;
        List<Piece> pieces = [new Piece(text, start, end - start)];
        if (parts.PreTokenizer is { } preTokenizer) pieces = preTokenizer.Split(pieces);
        foreach (var piece in pieces)
        {
            var tokens = parts.Model.Tokenize(piece.Span);
            for (var i = 0; i < tokens.Ids.Length; i++)
            {
                ids.Add(tokens.Ids[i]);
                ranges.Add(new CharRange(
                    piece.Source.StartOf(piece.Start + tokens.Begins[i]),
                    piece.Source.EndOf(piece.Start + tokens.Ends[i] - 1)));
            }
        }
    }
}

/// <summary>
/// What a tokenizer.json describes, ready to run. <c>InText</c> finds the added tokens that are sought in the text as given,
/// <c>InNormalizedText</c> those that are sought after normalization, <c>InRendered</c> those that are sought in what a chat template wrote.
/// </summary>
internal sealed record TokenizerParts(
    Vocabulary Vocabulary, BpeModel Model, INormalizer? Normalizer, IPreTokenizer? PreTokenizer, PostProcessor PostProcessor, IDecoder Decoder,
    IReadOnlyList<AddedToken> Added, AddedTokenMatcher InText, AddedTokenMatcher InNormalizedText, AddedTokenMatcher InRendered);
