using Attune.Cli;

namespace Attune.Tests.Cli;

/// <summary>A guard ends train and ship with 3 where it is not met; the result is kept.</summary>
public sealed class ShipCommandTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public async Task A_guard_that_is_not_met_is_exit_3_and_keeps_the_result()
    {
        var run = await CliRun.Of(tiny.Train("--metrics", "loss", "--guard-gain", "900", "--json"));
        Assert.Equal(ExitCode.GuardNotMet, run.ExitCode);
        Assert.True(File.Exists(tiny.At("run/adapter/adapter_model.safetensors")));
        var gate = run.Json.GetProperty("gate");
        Assert.False(gate.GetProperty("met").GetBoolean());
        Assert.Equal("guard.gain", gate.GetProperty("conditions")[0].GetProperty("key").GetString());
        Assert.Contains("May it be used", await File.ReadAllTextAsync(tiny.At("run/report.md"), TestContext.Current.CancellationToken), StringComparison.Ordinal);

        // The verdict does not change by being asked again, and does with what is demanded.
        var again = await CliRun.Of("ship", tiny.At("run"));
        Assert.Equal(ExitCode.GuardNotMet, again.ExitCode);
        Assert.Contains("NOT MET guard.gain", again.Out, StringComparison.Ordinal);
        var less = await CliRun.Of("ship", tiny.At("run"), "--guard-gain", "0", "--json");
        Assert.True(less.ExitCode == ExitCode.Done, less.Out + less.Error);
        Assert.Equal(["guard.gain", "files"], less.Json.GetProperty("gate").GetProperty("conditions").EnumerateArray().Select(static c => c.GetProperty("key").GetString()!));
    }

    [Fact]
    public async Task Files_that_are_not_the_measured_ones_are_not_shipped()
    {
        Assert.Equal(0, (await CliRun.Of(tiny.Train("--metrics", "loss", "--guard-gain", "0"))).ExitCode);
        // A run that was moved is still that run, with model and data gone.
        Directory.Move(tiny.At("run"), tiny.At("moved"));
        Directory.Delete(tiny.Model, recursive: true);
        Assert.Equal(0, (await CliRun.Of("ship", tiny.At("moved"))).ExitCode);
        var weights = tiny.At("moved/adapter/adapter_model.safetensors");
        var bytes = await File.ReadAllBytesAsync(weights, TestContext.Current.CancellationToken);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(weights, bytes, TestContext.Current.CancellationToken);
        var altered = await CliRun.Of("ship", tiny.At("moved"));
        Assert.Equal(ExitCode.GuardNotMet, altered.ExitCode);
        Assert.Contains("adapter_model.safetensors was altered", altered.Out, StringComparison.Ordinal);
        File.Delete(tiny.At("moved/manifest.json"));
        var unfinished = await CliRun.Of("ship", tiny.At("moved"));
        Assert.Equal(ExitCode.WrongInput, unfinished.ExitCode);
        Assert.Contains("not finished", unfinished.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_demand_there_is_nothing_to_judge()
    {
        Assert.Equal(0, (await CliRun.Of(tiny.Train())).ExitCode);
        var run = await CliRun.Of("ship", tiny.At("run"));
        Assert.Equal(ExitCode.WrongInput, run.ExitCode);
        Assert.Contains("--guard-gain 0", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.WrongInput, (await CliRun.Of("ship", tiny.Model)).ExitCode);
        var policy = tiny.Write("policy.yaml", "guard: {gain: 0, metric: loss}\n");
        Assert.Contains((await CliRun.Of("ship", tiny.At("run"), "--guard", policy)).ExitCode, (int[])[0, 3]);
    }
}
