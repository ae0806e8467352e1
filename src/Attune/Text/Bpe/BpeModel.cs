using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Attune.Text.Bpe;

/// <summary>The tokens of one word: ids, and for each the range of the word's units that it stands for.</summary>
internal sealed record WordTokens(int[] Ids, int[] Begins, int[] Ends);

/// <summary>
/// Byte-pair encoding: a word starts as its characters; while any two neighbours have a merge, the one of lowest rank (leftmost first) is applied.
/// A character without a token becomes its bytes (<c>&lt;0xE2&gt;</c> …) with byte fallback, else the unknown token, else nothing.
/// </summary>
internal sealed class BpeModel
{
    // Words repeat: a cache makes byte-level text several times faster. Long words seldom come again.
    private const int CachedWordLength = 64;
    private const int CacheCapacity = 100_000;

    private readonly Vocabulary vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids;
    private readonly Dictionary<ulong, Merge> merges;
    private readonly BpeOptions options;
    private readonly int?[]? byteIds;
    private readonly ConcurrentDictionary<string, WordTokens> cache = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, WordTokens>.AlternateLookup<ReadOnlySpan<char>> cached;
    private int cacheCount;

    public BpeModel(Vocabulary vocabulary, Dictionary<ulong, Merge> merges, BpeOptions options)
    {
        this.vocabulary = vocabulary;
        this.merges = merges;
        this.options = options;
        ids = vocabulary.BySpan;
        cached = cache.GetAlternateLookup<ReadOnlySpan<char>>();
        if (options.ByteFallback) byteIds = [.. Enumerable.Range(0, 256).Select(b => vocabulary.IdOf(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>")))];
    }

    /// <summary>Key of a pair of ids in the table of merges.</summary>
    public static ulong Pair(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    public WordTokens Tokenize(ReadOnlySpan<char> word)
    {
        if (word.Length > CachedWordLength) return Compute(word);
        if (cached.TryGetValue(word, out var tokens)) return tokens;
        tokens = Compute(word);
        if (Volatile.Read(ref cacheCount) < CacheCapacity && cached.TryAdd(word, tokens)) Interlocked.Increment(ref cacheCount);
        return tokens;
    }

    private WordTokens Compute(ReadOnlySpan<char> word)
    {
        if (options.IgnoreMerges && ids.TryGetValue(word, out var whole)) return new([whole], [0], [word.Length]);
        var symbols = new SymbolChain(word.Length);
        Seed(word, symbols);
        symbols.MergeAll(merges);
        return symbols.ToTokens();
    }

    /// <summary>The word's characters as symbols.</summary>
    private void Seed(ReadOnlySpan<char> word, SymbolChain symbols)
    {
        var unknown = options.UnknownId;
        (int Begin, int End)? pending = null;                                  // an unknown stretch that the next unknown character may join
        for (var i = 0; i < word.Length;)
        {
            Rune.DecodeFromUtf16(word[i..], out var rune, out var length);
            if (TryIdOf(word, i, length, out var id))
            {
                Flush();
                symbols.Add(id, i, i + length);
            }
            else if (!TryBytes(rune, i, length, symbols) && unknown is not null)
            {
                if (!options.FuseUnknown) Flush();
                pending = (pending?.Begin ?? i, i + length);
            }
            i += length;
        }
        Flush();

        void Flush()
        {
            if (pending is { } p) symbols.Add(unknown!.Value, p.Begin, p.End);
            pending = null;
        }
    }

    private bool TryIdOf(ReadOnlySpan<char> word, int start, int length, out int id)
    {
        var prefix = start > 0 ? options.ContinuingPrefix : "";
        var suffix = start + length == word.Length ? options.WordSuffix : "";
        if (prefix.Length + suffix.Length == 0) return ids.TryGetValue(word.Slice(start, length), out id);
        return ids.TryGetValue(string.Concat(prefix, word.Slice(start, length), suffix), out id);
    }

    /// <summary>Adds the bytes of a character as symbols, each standing for the whole character; all or none.</summary>
    private bool TryBytes(Rune rune, int start, int length, SymbolChain symbols)
    {
        if (byteIds is null) return false;
        Span<byte> utf8 = stackalloc byte[4];
        utf8 = utf8[..rune.EncodeToUtf8(utf8)];
        foreach (var b in utf8)
        {
            if (byteIds[b] is null) return false;
        }
        foreach (var b in utf8) symbols.Add(byteIds[b]!.Value, start, start + length);
        return true;
    }
}

/// <summary>A merge: its place in the list (lower goes first) and the token that it makes.</summary>
internal readonly record struct Merge(int Rank, int Id);

/// <summary>The model's switches in tokenizer.json.</summary>
/// <param name="UnknownId">Id for characters outside the vocabulary; null drops them, as the reference implementation does.</param>
/// <param name="FuseUnknown">Whether neighbouring unknown characters become one token.</param>
/// <param name="ByteFallback">Whether unknown characters become byte tokens.</param>
/// <param name="IgnoreMerges">Whether a word that is a token is taken as it is, merges or not (Llama 3).</param>
/// <param name="ContinuingPrefix">Put before every character of a word but the first.</param>
/// <param name="WordSuffix">Put behind a word's last character.</param>
internal sealed record BpeOptions(int? UnknownId, bool FuseUnknown, bool ByteFallback, bool IgnoreMerges, string ContinuingPrefix, string WordSuffix);
