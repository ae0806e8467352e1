using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Attune.Problems;
using Attune.Text.Bpe;
using Attune.Text.PreTokenizers;

namespace Attune.Text;

/// <summary>How a byte-level BPE vocabulary is trained.</summary>
public sealed record BpeTrainerOptions
{
    /// <summary>Number of tokens in the end: special tokens, 256 bytes, and merges.</summary>
    public int VocabularySize { get; init; } = 4096;

    /// <summary>Tokens that get the first ids and at which the texts are cut before anything is counted.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["<|endoftext|>"];

    /// <summary>Every digit is a token of its own, so that a number is read and copied digit by digit.</summary>
    public bool SplitDigits { get; init; }

    /// <summary>A pair that occurs less often is not merged; training ends where only such pairs are left.</summary>
    public long MinimumFrequency { get; init; } = 2;
}

/// <summary>What training found: a tokenizer file and its contents.</summary>
/// <param name="Vocabulary">Token by id, spelt in GPT-2's byte alphabet.</param>
/// <param name="Merges">The merges in order, spelt likewise.</param>
/// <param name="TokenizerJson">The same as a tokenizer.json.</param>
public sealed record TrainedBpe(IReadOnlyList<string> Vocabulary, IReadOnlyList<(string Left, string Right)> Merges, string TokenizerJson);

/// <summary>
/// Trains byte-level BPE vocabularies: words are cut by GPT-2's expression, then the most frequent pair of neighbouring tokens becomes a token,
/// again and again. Of equally frequent pairs the lexicographically greater (as byte strings) goes first, so that the result depends on the texts alone.
/// </summary>
public static partial class BpeTrainer
{
    /// <summary>Trains on texts, each read once; memory grows with the number of different words, not with the length of the texts.</summary>
    /// <exception cref="UserErrorException">The vocabulary is too small for the bytes and special tokens, or a special token is empty or named twice.</exception>
    public static TrainedBpe Train(IEnumerable<string> texts, BpeTrainerOptions options, CancellationToken cancellation = default)
    {
        CheckOptions(options);
        var words = CountWords(texts, options, cancellation);
        var first = options.SpecialTokens.Count;
        var merger = new PairMerger(words, first);
        var merges = new List<(int Left, int Right)>();
        while (first + merger.TokenCount < options.VocabularySize && merger.MergeMostFrequent(options.MinimumFrequency) is { } pair)
        {
            cancellation.ThrowIfCancellationRequested();
            merges.Add(pair);
        }
        return Describe(merger.Tokens, merges, options);
    }

    // A capture in the expression keeps the digits among the parts.
    [GeneratedRegex(@"(\p{N})", RegexOptions.CultureInvariant)]
    private static partial Regex SplitAtDigits();

    private static void CheckOptions(BpeTrainerOptions options)
    {
        var least = options.SpecialTokens.Count + 256;
        if (options.VocabularySize < least || options.VocabularySize > Vocabulary.MaximumId)
            throw new UserErrorException("vocabulary size", $"expected from {least} (256 bytes and {options.SpecialTokens.Count} special tokens) to {Vocabulary.MaximumId}, found {options.VocabularySize}");
        var single = ByteLevelAlphabet.CharOf.Select(c => c.ToString());
        if (options.SpecialTokens.Contains("") || options.SpecialTokens.Concat(single).GroupBy(t => t).FirstOrDefault(g => g.Count() > 1) is { })
            throw new UserErrorException("special tokens", "each must be longer than a single character and named once");
    }

    /// <summary>How often each word occurs, in order of first occurrence.</summary>
    private static List<(string Word, long Count)> CountWords(IEnumerable<string> texts, BpeTrainerOptions options, CancellationToken cancellation)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var bySpan = places.GetAlternateLookup<ReadOnlySpan<char>>();
        var words = new List<(string Word, long Count)>();
        var matches = new List<(int Start, int End)>();
        // Longest first, so that of two special tokens that begin alike the longer one is seen.
        var specials = options.SpecialTokens;
        var cut = specials.Count == 0 ? null : new Regex(string.Join('|', specials.OrderByDescending(s => s.Length).Select(Regex.Escape)), RegexOptions.CultureInvariant);
        foreach (var text in texts)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var part in (cut?.Split(text) ?? [text]).SelectMany(p => options.SplitDigits ? SplitAtDigits().Split(p) : [p]))
            {
                matches.Clear();
                ByteLevelPreTokenizer.Words.FindAll(part, matches);
                foreach (var (start, end) in matches) Count(part.AsSpan(start, end - start));
            }
        }
        return words;

        void Count(ReadOnlySpan<char> word)
        {
            if (!bySpan.TryGetValue(word, out var place))
            {
                place = words.Count;
                places[word.ToString()] = place;
                words.Add((word.ToString(), 0));
            }
            CollectionsMarshal.AsSpan(words)[place].Count++;
        }
    }

    private static TrainedBpe Describe(IReadOnlyList<byte[]> learned, List<(int Left, int Right)> merges, BpeTrainerOptions options)
    {
        var specials = options.SpecialTokens;
        string[] tokens = [.. specials, .. learned.Select(bytes => string.Concat(bytes.Select(b => ByteLevelAlphabet.CharOf[b])))];
        if (tokens.GroupBy(t => t).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new UserErrorException("special tokens", $"\"{twice.Key}\" is also the spelling of a token that the texts gave", "name the special token otherwise");
        var spelled = merges.ConvertAll(m => (tokens[m.Left], tokens[m.Right]));
        return new TrainedBpe(tokens, spelled, Write(tokens, spelled, options));
    }

    private static string Write(string[] tokens, List<(string Left, string Right)> merges, BpeTrainerOptions options)
    {
        static JsonObject ByteLevel() => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true };
        static JsonObject DigitsThen(JsonObject next) => new()
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JsonArray(new JsonObject { ["type"] = "Digits", ["individual_digits"] = true }, next),
        };
        var added = options.SpecialTokens.Select((content, id) => (JsonNode)new JsonObject
        {
            ["id"] = id,
            ["content"] = content,
            ["single_word"] = false,
            ["lstrip"] = false,
            ["rstrip"] = false,
            ["normalized"] = false,
            ["special"] = true,
        });
        var root = new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. added]),
            ["normalizer"] = null,
            ["pre_tokenizer"] = options.SplitDigits ? DigitsThen(ByteLevel()) : ByteLevel(),
            ["post_processor"] = null,
            ["decoder"] = ByteLevel(),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = false,
                ["vocab"] = new JsonObject(tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)JsonValue.Create(id)))),
                ["merges"] = new JsonArray([.. merges.Select(m => (JsonNode)new JsonArray(m.Left, m.Right))]),
            },
        };
        return root.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
