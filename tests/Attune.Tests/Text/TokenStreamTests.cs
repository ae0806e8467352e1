using System.Text.Json;

namespace Attune.Tests.Text;

public class TokenStreamTests
{
    [Theory]
    [MemberData(nameof(TokenizerReferenceTests.Expected), MemberType = typeof(TokenizerReferenceTests))]
    public void Pieces_together_are_the_decoded_text_and_none_is_half_a_character(string folder, string file)
    {
        var tokenizer = LoadedTokenizers.Get(folder);
        foreach (var line in File.ReadLines(SharedData.Require(folder, file)))
        {
            using var document = JsonDocument.Parse(line);
            var ids = document.RootElement.GetProperty("ids").EnumerateArray().Select(e => e.GetInt32()).ToArray();
            var expected = tokenizer.Decode(ids, true);
            // Whole, and cut in the middle: then the end may be half a character, which becomes U+FFFD as in Decode.
            foreach (var count in (int[])[ids.Length, ids.Length / 2])
            {
                var stream = tokenizer.Stream();
                var pieces = ids.Take(count).Select(stream.Push).ToList();
                if (!expected.Contains('\uFFFD', StringComparison.Ordinal)) Assert.DoesNotContain(pieces, p => p.Contains('\uFFFD', StringComparison.Ordinal));
                Assert.DoesNotContain(pieces, p => p.Length > 0 && (char.IsLowSurrogate(p[0]) || char.IsHighSurrogate(p[^1])));
                Assert.Equal(tokenizer.Decode(ids.AsSpan(0, count), true), string.Concat(pieces) + stream.Flush());
            }
        }
    }

    [Fact]
    public void Text_comes_as_soon_as_it_is_certain()
    {
        var tokenizer = LoadedTokenizers.Get("tokenizers", "gpt2");
        var stream = tokenizer.Stream();
        Assert.Equal(["Hello", " world", "", "😀"], ((int[])[15496, 995, 47249, 222]).Select(stream.Push));
        Assert.Equal("", stream.Flush());
    }

    [Fact]
    public void Special_tokens_are_skipped_or_kept_and_ids_without_token_are_nothing()
    {
        var tokenizer = LoadedTokenizers.Get("tokenizers", "gpt2");
        int[] ids = [15496, 50256, 60000, -1, 995];
        Assert.Equal("Hello world", tokenizer.Decode(ids, true));
        Assert.Equal("Hello<|endoftext|> world", tokenizer.Decode(ids, false));
        Assert.True(tokenizer.IsSpecial(50256));
        Assert.Equal(50257, tokenizer.VocabularySize);
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.TokenText(50257));
    }
}
