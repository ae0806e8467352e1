using System.Text.Json.Nodes;
using Attune.Problems;
using Attune.Text;

namespace Attune.Tests.Text;

public class BpeTrainerTests
{
    [Fact]
    public void Merges_and_vocabulary_equal_the_reference()
    {
        var folder = SharedData.Require("tokenizers", "bpe-training");
        var trained = Train([File.ReadAllText(Path.Combine(folder, "corpus.en"))], new BpeTrainerOptions { VocabularySize = 500 });
        var merges = File.ReadAllLines(Path.Combine(folder, "train-bpe-reference-merges.txt")).Where(l => l.Length > 0).ToList();
        Assert.Equal(243, merges.Count);
        Assert.Equal(merges, trained.Merges.Select(m => $"{m.Left} {m.Right}"));
        var vocabulary = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "train-bpe-reference-vocab.json")))!.AsObject().Select(p => p.Key);
        Assert.Equal(vocabulary.Order(StringComparer.Ordinal), trained.Vocabulary.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Counts_are_the_same_as_when_counted_anew_for_each_merge()
    {
        string[] texts = ["aaaa aaa aa banana bananas ananas", "the theme of these themes is theirs: ababab", "naïve café 😀😀😀 日本日本語"];
        var trained = Train(texts, new BpeTrainerOptions { VocabularySize = 340, SpecialTokens = [], MinimumFrequency = 1 });
        Assert.Equal(NaiveMerges(texts, 340 - 256), trained.Merges);
    }

    [Fact]
    public void Trained_file_loads_and_gives_texts_back()
    {
        string[] texts = ["one two three two one", "<|endoftext|>two two three"];
        var trained = Train(texts, new BpeTrainerOptions { VocabularySize = 270 });
        var tokenizer = Tokenizer.Parse(trained.TokenizerJson, null, "trained");
        const string Text = "two three<|endoftext|> four\n ünë 😀";
        var encoding = tokenizer.Encode(Text, false);
        Assert.Equal(0, tokenizer.IdOf("<|endoftext|>"));
        Assert.Contains(0, encoding.Ids);
        Assert.Contains(tokenizer.IdOf("Ġtwo")!.Value, tokenizer.Encode(" two", false).Ids);
        Assert.Equal(Text, tokenizer.Decode(encoding.Ids, false));
        Assert.Equal(trained.TokenizerJson, Train(texts, new BpeTrainerOptions { VocabularySize = 270 }).TokenizerJson);
    }

    [Fact]
    public void Split_digits_stay_single_however_often_they_stand_together()
    {
        var texts = Enumerable.Repeat("order 4821 and 4821, x4821", 50).ToArray();
        var trained = Train(texts, new BpeTrainerOptions { VocabularySize = 280, SplitDigits = true });
        var tokenizer = Tokenizer.Parse(trained.TokenizerJson, null, "trained");
        var ids = tokenizer.Encode("order 4821", false).Ids;
        Assert.Equal(["4", "8", "2", "1"], ids[^4..].Select(tokenizer.TokenText));
        Assert.Equal("order 4821", tokenizer.Decode(ids, false));
        // Without the option the same texts make one token of the number.
        var merged = Tokenizer.Parse(Train(texts, new BpeTrainerOptions { VocabularySize = 280 }).TokenizerJson, null, "trained");
        Assert.True(merged.Encode("order 4821", false).Ids.Length < ids.Length);
    }

    [Fact]
    public void Rare_pairs_are_not_merged()
    {
        var trained = Train(["ab ab cd"], new BpeTrainerOptions { VocabularySize = 300, SpecialTokens = [], MinimumFrequency = 2 });
        Assert.Equal([("a", "b")], trained.Merges);
    }

    [Fact]
    public void A_vocabulary_too_small_for_the_bytes_is_refused() =>
        Assert.Contains("257", Assert.Throws<UserErrorException>(() => Train([], new BpeTrainerOptions { VocabularySize = 256 })).Message);

    private static TrainedBpe Train(IEnumerable<string> texts, BpeTrainerOptions options) => BpeTrainer.Train(texts, options, TestContext.Current.CancellationToken);

    /// <summary>The definition: count all pairs, merge the most frequent, begin again.</summary>
    private static List<(string, string)> NaiveMerges(string[] texts, int count)
    {
        var trained = Train(texts, new BpeTrainerOptions { VocabularySize = 256, SpecialTokens = [] });
        var bytes = Tokenizer.Parse(trained.TokenizerJson, null, "bytes");
        var words = texts.SelectMany(t => System.Text.RegularExpressions.Regex.Matches(t, @" ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+").Select(m => m.Value))
            .Select(w => bytes.Encode(w, false).Ids.Select(bytes.TokenText).ToList()).ToList();
        var order = Comparer<string>.Create((a, b) => Spelling(a).AsSpan().SequenceCompareTo(Spelling(b)));
        var merges = new List<(string, string)>();
        while (merges.Count < count)
        {
            var pairs = words.SelectMany(w => w.Zip(w.Skip(1))).GroupBy(p => p).ToList();
            if (pairs.Count == 0) break;
            var (left, right) = pairs.OrderByDescending(g => g.Count()).ThenByDescending(g => g.Key.First, order).ThenByDescending(g => g.Key.Second, order).First().Key;
            merges.Add((left, right));
            foreach (var word in words)
            {
                for (var i = 0; i + 1 < word.Count; i++)
                {
                    if (word[i] != left || word[i + 1] != right) continue;
                    word[i] = left + right;
                    word.RemoveAt(i + 1);
                }
            }
        }
        return merges;

        static byte[] Spelling(string token) => [.. token.Select(c => ByteLevelAlphabet.TryByteOf(c, out var b) ? b : (byte)0)];
    }
}
