namespace Attune.Tests.Cli;

public class CommandTests
{
    [Fact]
    public async Task Doctor_answers_in_text_and_in_json()
    {
        var text = await CliRun.Of("doctor");
        Assert.Equal(0, text.ExitCode);
        Assert.Contains("Cores", text.Out);
        Assert.DoesNotContain('\e', text.Out);
        var json = await CliRun.Of("doctor", "--json");
        Assert.Equal(Environment.ProcessorCount, json.Json.GetProperty("cores").GetInt32());
        Assert.True(json.Json.GetProperty("memory_free").GetInt64() > 0);
        Assert.Empty(json.Error);
    }

    [Theory]
    [InlineData("nowhere", "there is no folder")]
    [InlineData("/dev/null", "")]
    public async Task A_missing_model_is_exit_2(string path, string message)
    {
        var run = await CliRun.Of("tokenize", "--model", path, "hello");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error);
        Assert.Contains("--model", run.Error);
        Assert.Single(run.Error.Split('\n'), l => l.StartsWith("error:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tokenize_is_a_filter_that_comes_back_to_its_text()
    {
        var model = SharedData.Require("tokenizers", "qwen2.5");
        var ids = await CliRun.With("\"Hello w\\u00f6rld\\n\"\n\"\"\n\"<|im_start|>x\"\n", [], "tokenize", "--model", model, "--json");
        Assert.Equal("""
            {"ids":[9707,289,9416,507,198],"ids_with_special":[9707,289,9416,507,198]}
            {"ids":[],"ids_with_special":[]}
            {"ids":[151644,87],"ids_with_special":[151644,87]}

            """.ReplaceLineEndings("\n"), ids.Out);
        var text = await CliRun.With("[9707,289,9416,507,198]\n[]\n[151644,87]\n", [], "tokenize", "--model", model, "--json", "--decode");
        Assert.Equal("\"Hello wörld\\n\"\n\"\"\n\"<|im_start|>x\"\n", text.Out);
        Assert.Equal("9707 289 9416 507\n", (await CliRun.Of("tokenize", "--model", model, "Hello wörld")).Out);
    }

    [Theory]
    [InlineData("17", false)]
    [InlineData("\"a", false)]
    [InlineData("\"\\ud800\"", false)]
    [InlineData("[1, x]", true)]
    [InlineData("[99999999]", true)]
    [InlineData("[-1]", true)]
    public async Task A_wrong_line_is_named_by_its_number(string line, bool decode)
    {
        var model = SharedData.Require("models", "tinystories-656K");
        var good = decode ? "[7]" : "\"x\"";
        string[] args = ["tokenize", "--model", model, "--json", .. decode ? (string[])["--decode"] : []];
        var run = await CliRun.With($"{good}\n{line}\n", [], args);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("standard input, line 2", run.Error);
        Assert.Single(run.Out.TrimEnd('\n').Split('\n'));
    }
}
