using System.Diagnostics;
using System.Text.Json;
using Attune.Text;

namespace Attune.Tests.Text;

/// <summary>Ranges carry the loss masks: they must tile the text whatever normalizers and pre-tokenizers do.</summary>
public class TokenizerOffsetTests
{
    [Theory]
    [MemberData(nameof(TokenizerReferenceTests.Expected), MemberType = typeof(TokenizerReferenceTests))]
    public void Ranges_cover_the_text_in_order(string folder, string file)
    {
        var tokenizer = LoadedTokenizers.Get(folder);
        foreach (var line in File.ReadLines(SharedData.Require(folder, file)))
        {
            using var document = JsonDocument.Parse(line);
            var text = document.RootElement.GetProperty("text").GetString()!;
            var encoding = tokenizer.Encode(text, true);
            Assert.Equal(encoding.Ids.Length, encoding.Offsets.Length);
            var (covered, start) = (0, 0);
            foreach (var range in encoding.Offsets)
            {
                Assert.True(range.Start >= start && range.Start <= covered && range.End >= range.Start, $"{range} does not follow [{start}, {covered}) in {text}");
                (start, covered) = (range.Start, Math.Max(covered, range.End));
            }
            Assert.Equal(text.Length, covered);
        }
    }

    [Fact]
    public void A_token_of_plain_letters_is_the_text_at_its_range()
    {
        var tokenizer = LoadedTokenizers.Get("tokenizers", "gpt2");
        const string Text = "It's 1,234 tokens: naïve café 😀😀 日本語\n\n  end";
        var encoding = tokenizer.Encode(Text, false);
        for (var i = 0; i < encoding.Ids.Length; i++)
        {
            var own = tokenizer.Decode([encoding.Ids[i]], false);
            if (!own.Contains('\uFFFD', StringComparison.Ordinal)) Assert.Equal(own, Text[encoding.Offsets[i].Start..encoding.Offsets[i].End]);
        }
    }

    [Fact]
    public void Parts_of_one_character_carry_its_whole_range()
    {
        var tokenizer = LoadedTokenizers.Get("tokenizers", "gpt2");
        var encoding = tokenizer.Encode("a😀", false);
        Assert.Equal([64, 47249, 222], encoding.Ids);
        Assert.Equal([new CharRange(0, 1), new CharRange(1, 3), new CharRange(1, 3)], encoding.Offsets);
    }

    [Fact]
    public void A_beginning_of_sequence_and_a_prepended_mark_stand_for_no_text()
    {
        var tokenizer = LoadedTokenizers.Get("models", "stories260K");
        var encoding = tokenizer.Encode("é x", true);
        Assert.Equal(tokenizer.BosId, encoding.Ids[0]);
        Assert.Equal(new CharRange(0, 0), encoding.Offsets[0]);
        Assert.Equal(3, encoding.Offsets[^1].End);
        Assert.All(encoding.Offsets.Skip(1), r => Assert.InRange(r.Start, 0, 2));
    }

    [Fact]
    public void Composition_before_the_model_keeps_ranges_in_the_text_as_given()
    {
        var tokenizer = LoadedTokenizers.Get("tokenizers", "qwen2.5");
        var encoding = tokenizer.Encode("cafe\u0301<|im_end|> ok", false);
        Assert.Equal(tokenizer.Encode("café<|im_end|> ok", false).Ids, encoding.Ids);
        var end = Array.IndexOf(encoding.Ids, tokenizer.IdOf("<|im_end|>")!.Value);
        Assert.Equal(new CharRange(5, 15), encoding.Offsets[end]);
        Assert.Equal(5, encoding.Offsets[end - 1].End);
        Assert.Equal(new CharRange(15, 18), encoding.Offsets[^1]);
    }

    [Fact]
    public void A_long_text_without_word_boundaries_takes_well_under_a_second()
    {
        var tokenizer = LoadedTokenizers.Get("models", "tinystories-656K");
        var text = File.ReadAllText(SharedData.Require("datasets", "tinystories", "tinystories_train.txt"));
        text = text[..Math.Min(text.Length, 150_000)];
        var watch = Stopwatch.StartNew();
        var encoding = tokenizer.Encode(text, false);
        // Quadratic merging takes minutes; the bound leaves room for a busy machine.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(3), $"{watch.Elapsed}");
        Assert.Equal(text.Length, encoding.Offsets[^1].End);
    }
}
