namespace Attune.Tests.Text.Decoders;

public class DecoderTests
{
    [Theory]
    [InlineData("null", "a b", "a b")]
    [InlineData("""{"type": "Fuse"}""", "a b", "ab")]
    [InlineData("""{"type": "Metaspace"}""", "▁a ▁b", "a b")]
    [InlineData("""{"type": "Metaspace", "prepend_scheme": "never"}""", "▁a ▁b", " a b")]
    [InlineData("""{"type": "ByteLevel"}""", "Ġa Ã ©", " aé")]
    [InlineData("""{"type": "ByteLevel"}""", "Ã a", "\uFFFDa")]
    [InlineData("""{"type": "ByteLevel"}""", "日 a", "日a")]
    [InlineData("""{"type": "ByteFallback"}""", "a <0xC3> <0xA9> b", "aéb")]
    [InlineData("""{"type": "ByteFallback"}""", "<0xC3> <0xC3> b", "\uFFFD\uFFFDb")]
    [InlineData("""{"type": "Replace", "pattern": {"String": "ab"}, "content": "x"}""", "ab aab a b", "xaxab")]
    [InlineData("""{"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "Replace", "pattern": {"String": "ab"}, "content": "x"}]}""", "a b", "x")]
    [InlineData("""{"type": "Strip", "content": "a", "start": 1, "stop": 0}""", "aab ab", "abb")]
    [InlineData("""{"type": "Strip", "content": "a", "start": 0, "stop": 1}""", "baa ba", "bab")]
    [InlineData("""{"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "Strip", "content": "a", "start": 1, "stop": 2}]}""", "aa b a a a", "aba")]
    public void Tokens_become_the_text_that_the_component_says(string decoder, string tokens, string expected)
    {
        string[] vocabulary = [.. tokens.Split(' ').Distinct()];
        var tokenizer = TinyTokenizer.Parse(TinyTokenizer.Json(vocabulary, decoder: decoder));
        var ids = tokens.Split(' ').Select(t => tokenizer.IdOf(t)!.Value).ToArray();
        Assert.Equal(expected, tokenizer.Decode(ids, false));
    }
}
