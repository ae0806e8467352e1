using Attune.Data;
using Attune.Distillation;
using Attune.Text;

namespace Attune.Tests.Distillation;

/// <summary>Tokens of two tokenizations meet where the same text lies behind them, and nowhere else.</summary>
public class TokenAlignmentTests
{
    private const string Text = "A naïve café — 37 € for “blue chairs”? 日本語 too, and 🙂🙂 smileys; again: blue chairs, blue chairs.";

    private static readonly Tokenizer Small = Make(["<|end|>"], 280), Large = Make(["<|end|>", "<|pad|>"], 420);

    [Theory]
    [InlineData("", "")]
    [InlineData("\n", " ")]
    public void They_meet_where_the_same_text_lies_behind_them(string mine, string theirs)
    {
        var (a, b) = (Of(Small, mine + Text), Of(Large, theirs + Text));
        var found = TokenAlignment.Of(a, Small, b, Large);
        var (met, all) = (0, 0);
        for (var i = 0; i < found.Length; i++)
        {
            var before = Before(a, Small, i);
            // Within a character, and within the white space that templates put in front, nothing can be said.
            if (before.EndsWith('\uFFFD') || (i > 0 && before.Length == 0))
                continue;
            var counterparts = Enumerable.Range(0, b.TrainedTokens).Where(j => Before(b, Large, j) == before).ToArray();
            all++;
            if (found[i] >= 0)
            {
                met++;
                Assert.Contains(found[i], counterparts);
            }
            else
                Assert.Empty(counterparts);
        }
        Assert.InRange(met, 10, all);
        // Both end at the same place, and the stop tokens meet.
        Assert.Equal(b.TrainedTokens - 1, found[^1]);
        Assert.Equal(found.Where(static f => f >= 0).Order().Distinct(), found.Where(static f => f >= 0));
    }

    [Fact]
    public void What_differs_does_not_meet()
    {
        var found = TokenAlignment.Of(Of(Small, "blue chairs are here"), Small, Of(Large, "blue tables are here"), Large);
        Assert.True(found[0] == 0);
        Assert.Equal(-1, found[^1]);
        Assert.All(TokenAlignment.Of(Of(Small, "one"), Small, Of(Large, "one") with { Trained = [false, .. Enumerable.Repeat(false, Of(Large, "one").Ids.Length - 1)] }, Large), static f => Assert.Equal(-1, f));
    }

    private static string Before(Example example, Tokenizer tokenizer, int token) => tokenizer.Decode(example.Ids.AsSpan(1, token), skipSpecialTokens: true).TrimStart();

    private static Example Of(Tokenizer tokenizer, string text)
    {
        var end = tokenizer.IdOf("<|end|>")!.Value;
        var ids = tokenizer.Encode(text, addSpecialTokens: false).Ids;
        return new Example([end, .. ids, end], [false, .. Enumerable.Repeat(true, ids.Length + 1)], "rows", 1, 0);
    }

    private static Tokenizer Make(string[] specials, int vocabulary) => Tokenizer.Parse(
        BpeTrainer.Train([Text, "blue chairs and tables are here, one by one"], new BpeTrainerOptions { VocabularySize = vocabulary, SpecialTokens = specials }).TokenizerJson, null, "made");
}
