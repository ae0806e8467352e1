using Attune.Text;
using Attune.Text.PreTokenizers;

namespace Attune.Tests.Text.PreTokenizers;

public class PreTokenizerTests
{
    [Theory]
    [InlineData("Removed", "a-b--c", "a|b|c")]
    [InlineData("Isolated", "a-b--c", "a|-|b|-|-|c")]
    [InlineData("MergedWithPrevious", "-a-b--c", "-|a-|b-|-|c")]
    [InlineData("MergedWithNext", "a-b--c-", "a|-b|-|-c|-")]
    [InlineData("Contiguous", "a-b--c", "a|-|b|--|c")]
    public void Split_behaves_in_five_ways(string behaviour, string text, string words) =>
        Assert.Equal(words, Words($$"""{"type": "Split", "pattern": {"String": "-"}, "behavior": "{{behaviour}}", "invert": false}""", text));

    [Theory]
    [InlineData("""{"type": "Split", "pattern": {"Regex": "\\w+"}, "behavior": "Removed", "invert": true}""", "a, b😀c", "a|b|c")]
    [InlineData("""{"type": "Digits", "individual_digits": true}""", "a12b½", "a|1|2|b|½")]
    [InlineData("""{"type": "Digits", "individual_digits": false}""", "a12b", "a|12|b")]
    [InlineData("""{"type": "Punctuation"}""", "a,b«c", "a|,|b|«|c")]
    [InlineData("""{"type": "Whitespace"}""", "a b, c!? 𝓗é", "a|b|,|c|!?|𝓗é")]
    [InlineData("""{"type": "WhitespaceSplit"}""", " a b,\n c", "a|b,|c")]
    [InlineData("""{"type": "Metaspace"}""", "a b", "▁a|▁b")]
    [InlineData("""{"type": "Metaspace", "prepend_scheme": "never", "split": false}""", "a b", "a▁b")]
    [InlineData("""{"type": "Metaspace", "replacement": "_", "add_prefix_space": true}""", " a b", "_a|_b")]
    [InlineData("""{"type": "ByteLevel", "add_prefix_space": true}""", "it's é", "Ġit|'s|ĠÃ©")]
    [InlineData("""{"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}""", "a b", "aĠb")]
    [InlineData("""{"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Punctuation"}]}""", "a, b", "a|,|b")]
    public void Words_are_cut_as_the_component_says(string json, string text, string words) => Assert.Equal(words, Words(json, text));

    private static string Words(string json, string text)
    {
        var preTokenizer = PreTokenizerTable.Read(Section.Parse(json, "test"));
        return string.Join('|', preTokenizer.Split([new Piece(MappedText.Original(text), 0, text.Length)]).Select(p => p.Span.ToString()));
    }
}
