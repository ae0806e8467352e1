using Attune.Cli;

namespace Attune.Tests.Cli;

public class BenchCommandTests
{
    private static readonly string Model = Path.Combine(SharedData.RepositoryRoot, "tests", "Fixtures", "llama-tied");

    [Fact]
    public async Task Json_holds_ceilings_steps_generation_and_tiles()
    {
        var run = await CliRun.Of("bench", "--quick", "--model", Model, "--only", "steps,generation", "--tiles", "--threads", "2", "--json", "--quiet");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var json = run.Json;
        Assert.True(json.GetProperty("ceilings").GetProperty("peak").GetProperty("per_s").GetDouble() > 1e9);
        Assert.True(json.GetProperty("ceilings").GetProperty("copy").GetProperty("per_s").GetDouble() > 1e8);
        // LoRA in every product type that the machine has.
        Assert.Equal(["lora", "full"], json.GetProperty("steps").EnumerateArray().Select(static s => s.GetProperty("mode").GetString()!).Distinct());
        Assert.All(json.GetProperty("steps").EnumerateArray(), static s => Assert.True(s.GetProperty("tokens_per_s").GetDouble() > 0 && s.GetProperty("peak_resident_bytes").GetInt64() > 0));
        Assert.NotEmpty(json.GetProperty("steps").EnumerateArray().Last(static s => s.GetProperty("mode").GetString() == "lora").GetProperty("profile").EnumerateArray());
        Assert.True(Assert.Single(json.GetProperty("generation").EnumerateArray()).GetProperty("decode_tokens_per_s").GetDouble() > 0);
        Assert.NotEmpty(json.GetProperty("tiles").EnumerateArray());
        Assert.Empty(json.GetProperty("kernels").EnumerateArray());
    }

    [Fact]
    public async Task Tables_show_the_parts_that_were_asked_for()
    {
        var run = await CliRun.Of("bench", "--quick", "--model", Model, "--only", "optimizer", "--threads", "1");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("what nothing can exceed", run.Out, StringComparison.Ordinal);
        Assert.Contains("AdamW", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("training steps", run.Out, StringComparison.Ordinal);
        Assert.Contains("measuring", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--shape smollm2-135", "did you mean smollm2-135m?")]
    [InlineData("--only step", "did you mean steps?")]
    [InlineData("--threads 0", "1 to 1024 threads")]
    [InlineData("--tiles 0", "1 to 4096 threads")]
    [InlineData("--model no-such-folder", "there is no folder")]
    [InlineData("--model a --shape tiny15m", "give one of the two")]
    [InlineData("--data rows.jsonl", "needs a tokenizer")]
    [InlineData("--tokenizer a", "give --data")]
    public async Task What_is_wrong_is_said_before_anything_is_measured(string arguments, string said)
    {
        var run = await CliRun.Of(["bench", "--quick", .. arguments.Split(' ')]);
        Assert.Equal(ExitCode.WrongInput, run.ExitCode);
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
    }
}
