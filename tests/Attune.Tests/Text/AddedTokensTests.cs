using Attune.Text;

namespace Attune.Tests.Text;

public class AddedTokensTests
{
    private const string Letters = "abcx ";

    [Fact]
    public void The_longest_token_at_a_position_wins() => Assert.Equal("a[5:<t>]b[6:<t>!]c", Spell("a<t>b<t>!c", Token(5, "<t>"), Token(6, "<t>!")));

    [Fact]
    public void Stripping_takes_the_white_space_beside_a_token() =>
        Assert.Equal("a[5:  <t>] b c[6:<u>  ]x", Spell("a  <t> b c<u>  x", Token(5, "<t>", "\"lstrip\": true"), Token(6, "<u>", "\"rstrip\": true")));

    [Fact]
    public void A_single_word_is_not_found_inside_a_word() => Assert.Equal("[5:ab] abc xab [5:ab]", Spell("ab abc xab ab", Token(5, "ab", "\"single_word\": true")));

    [Fact]
    public void A_normalized_token_is_sought_in_the_normalized_text()
    {
        var json = TinyTokenizer.Json(TinyTokenizer.Letters(Letters), normalizer: """{"type": "Lowercase"}""", added: $"[{Token(5, "CAB", "\"normalized\": true")}, {Token(6, "XX")}]");
        Assert.Equal("a[5:cAb]x x[6:XX]", Spell(TinyTokenizer.Parse(json), "acAbX x" + "XX"));
    }

    private static string Token(int id, string content, string more = "\"special\": true") => $$"""{"id": {{id}}, "content": "{{content}}", {{more}}}""";

    private static string Spell(string text, params string[] added) =>
        Spell(TinyTokenizer.Parse(TinyTokenizer.Json(TinyTokenizer.Letters(Letters), added: $"[{string.Join(',', added)}]")), text);

    /// <summary>The letters as they are, and each added token with its id and the text at its range.</summary>
    private static string Spell(Tokenizer tokenizer, string text)
    {
        var encoding = tokenizer.Encode(text, false);
        return string.Concat(encoding.Ids.Zip(encoding.Offsets, (id, r) => id < Letters.Length ? Letters[id].ToString() : $"[{id}:{text[r.Start..r.End]}]"));
    }
}
