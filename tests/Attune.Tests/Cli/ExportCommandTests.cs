using Attune.Cli;
using Attune.Reports;
using Attune.Runs.Export;

namespace Attune.Tests.Cli;

public sealed class ExportCommandTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public async Task Merges_and_exports()
    {
        var merged = await CliRun.Of("merge", "--model", tiny.Model, "--out", tiny.At("merged"), "--prompt", "q1?", "--json");
        Assert.Equal(0, merged.ExitCode);
        Assert.True(merged.Json.GetProperty("holds").GetBoolean());
        Assert.Equal(0, merged.Json.GetProperty("forms")[0].GetProperty("largest_difference").GetDouble());
        Assert.True(Directory.Exists(tiny.At("merged")));

        var exported = await CliRun.Of("export", "--model", tiny.Model, "--format", "merged:f32", "merged:f16", "--out-dir", tiny.At("out"), "--data", tiny.At("test.jsonl"), "--json");
        Assert.True(exported.ExitCode == 0, exported.Out + exported.Error);
        Assert.Equal(["merged:f32", "merged:f16"], exported.Json.GetProperty("forms").EnumerateArray().Select(static f => f.GetProperty("form").GetString()!));
        Assert.All(exported.Json.GetProperty("forms").EnumerateArray(), static f => Assert.True(f.GetProperty("loss").GetDouble() > 0));
    }

    [Theory]
    [InlineData("is not a form", "export", "--format", "gguf:q9")]
    [InlineData("one place for 2 forms", "export", "--format", "merged", "merged:f32", "--out", "x")]
    [InlineData("expected f32", "merge", "--out", "x", "--dtype", "q4_0")]
    [InlineData("there is no adapter", "export", "--format", "gguf-lora")]
    public async Task Wrong_input_is_said(string message, params string[] args)
    {
        var run = await CliRun.Of([args[0], "--model", tiny.Model, .. args[1..]]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("SilentFailure", "4")]
    public void What_does_not_hold_ends_with_code_3()
    {
        ExportResult Result(bool holds) => new([new ExportedForm("merged", "x", 1, new ParityLine("merged", 1, 0, 1, 0.5, holds))], null);
        Assert.Equal(3, ExitCode.OfGuard(Result(false).Holds));
        Assert.Equal(0, ExitCode.OfGuard(Result(true).Holds));
    }

    [Fact]
    public async Task A_model_is_not_written_over_itself()
    {
        var run = await CliRun.Of("merge", "--model", tiny.Model, "--out", tiny.Model);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("is not empty", run.Error, StringComparison.Ordinal);
        run = await CliRun.Of("export", "--model", tiny.Model, "--format", "merged", "--out", tiny.Model);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("is what is read from", run.Error, StringComparison.Ordinal);
    }
}
