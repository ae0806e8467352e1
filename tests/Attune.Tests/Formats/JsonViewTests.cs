using System.Text;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Tests.Formats;

public class JsonViewTests
{
    private static JsonView Parse(string json) => JsonView.Parse("c.json", Encoding.UTF8.GetBytes(json));

    private static string Fails(Action act) => Assert.Throws<UserErrorException>(act).Message;

    [Fact]
    public void Reads_each_kind_and_takes_null_for_absent()
    {
        var view = Parse("""{"i":3,"d":1e-05,"b":true,"s":"x","o":{"n":7},"l":["p","q"],"f":[1,2.5],"e":[4,5],"nil":null}""");
        Assert.Equal(3, view.RequiredInt("i", min: 3, max: 3));
        Assert.Equal(3.0, view.RequiredDouble("i"));
        Assert.Equal(1e-5, view.Double("d"));
        Assert.True(view.Bool("b"));
        Assert.Equal("x", view.RequiredString("s"));
        Assert.Equal(7, view.RequiredObject("o").Int("n"));
        Assert.Equal(["p", "q"], view.Strings("l")!);
        Assert.Equal([1, 2.5], view.Doubles("f")!);
        Assert.Equal([4, 5], view.IntOrList("e"));
        Assert.Equal([3], view.IntOrList("i"));
        Assert.Empty(view.IntOrList("nil"));
        Assert.Null(view.Int("nil"));
        Assert.Null(view.Object("absent"));
    }

    [Fact]
    public void Errors_name_file_key_expected_and_found()
    {
        var view = Parse("""{"i":"3","big":99999999999,"half":1.5,"zero":0,"inf":1e999,"o":{"n":"x"},"l":[1,"a"],"b":1}""");
        Assert.Equal("c.json, i: expected a whole number, at least 1, found \"3\"", Fails(() => view.RequiredInt("i", min: 1)));
        Assert.Equal("c.json, zero: expected a whole number from 1 to 5, found 0", Fails(() => view.Int("zero", 1, 5)));
        Assert.Contains("found 99999999999", Fails(() => view.Int("big")), StringComparison.Ordinal);
        Assert.Contains("found 1.5", Fails(() => view.Int("half")), StringComparison.Ordinal);
        Assert.Contains("found 1e999", Fails(() => view.Double("inf")), StringComparison.Ordinal);
        Assert.Contains("c.json, o.n:", Fails(() => view.Object("o")!.Int("n")), StringComparison.Ordinal);
        Assert.Contains("l[1]: expected a number", Fails(() => view.Doubles("l")), StringComparison.Ordinal);
        Assert.Contains("true or false", Fails(() => view.Bool("b")), StringComparison.Ordinal);
        Assert.Contains("the key is missing", Fails(() => view.RequiredString("absent")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[1]", "expected a JSON object, found a list")]
    [InlineData("null", "found null")]
    [InlineData("{\"a\":1,\n\"a\":2}", "not valid JSON")]
    [InlineData("{\"a\":1,\n}", "c.json, line 2")]
    [InlineData("""{"a":"\ud800"}""", "not valid Unicode")]
    [InlineData("""{"a":NaN}""", "not valid JSON")]
    public void Malformed_text(string json, string expected) => Assert.Contains(expected, Fails(() => Parse(json)), StringComparison.Ordinal);

    [Fact]
    public void Depth_is_limited() =>
        Assert.Contains("not valid JSON", Fails(() => Parse($"{{\"a\":{new string('[', 100_000)}")), StringComparison.Ordinal);

    [Fact]
    public void A_byte_order_mark_is_skipped() => Assert.Equal(1, Parse("\uFEFF{\"a\":1}").Int("a"));

    [Fact]
    public void Text_keeps_order_and_spelling_and_shows_changes()
    {
        var view = Parse("""{"z":1e-05,"a":[1],"é":"<"}""");
        view.Json["tie"] = false;
        view.Json["n"] = 5;
        Assert.Equal("{\n  \"z\": 1e-05,\n  \"a\": [\n    1\n  ],\n  \"é\": \"<\",\n  \"tie\": false,\n  \"n\": 5\n}\n", view.ToText());
        Assert.Equal(5, view.Int("n"));
        Assert.Equal(5.0, view.Double("n"));
    }

    [Fact]
    public void Damaged_text_is_a_user_error_or_an_object()
    {
        var valid = "{\"a\":{\"b\":[1,-2.5e3,true,null,\"x\\u00e9\\n\"]},\"c\":\"é\"}"u8.ToArray();
        for (var at = 0; at < valid.Length; at++)
            for (var b = 0; b < 256; b++)
            {
                byte[] damaged = [.. valid];
                damaged[at] = (byte)b;
                try
                {
                    JsonView.Parse("c.json", damaged).ToText();
                }
                catch (UserErrorException)
                {
                    // This, or success, is all that may come out.
                }
            }
    }
}
