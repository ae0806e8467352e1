using Attune.Reports;

namespace Attune.Tests.Runs;

/// <summary>The program as a process of its own: killed without warning, gone on with, and never on the network.</summary>
public class ProcessTests
{
    /// <summary>SIGKILL leaves no time for anything; the resumed run ends in the bytes of one that was never killed.</summary>
    [Fact]
    [Trait("SilentFailure", "15")]
    [Trait("SilentFailure", "20")]
    public async Task A_killed_run_is_resumed_to_the_same_bytes()
    {
        using var tiny = new TinyModel();
        string[] settings = ["train.max_steps=160", "train.save_every=5", "train.eval_every=40", "train.threads=1", "eval.rows=0", "eval.max_new_tokens=auto"];
        var straight = TinyModel.Run(tiny.Recipe("straight", settings));
        using (var killed = CliProcess.Start([], ["train", .. tiny.Settings("killed").Concat(settings).GroupBy(static s => s.Split('=')[0]).SelectMany(static g => (string[])["--set", g.Last()])]))
        {
            var checkpoint = Path.Combine(tiny.FileOf("killed"), "checkpoints", "step-0000020.safetensors");
            while (!File.Exists(checkpoint) && !killed.HasExited)
                await Task.Delay(2, TestContext.Current.CancellationToken);
            killed.Kill();
            await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(137, killed.ExitCode);
        }
        Assert.False(Directory.Exists(Path.Combine(tiny.FileOf("killed"), "adapter")));
        Assert.Equal(0, await CliProcess.Run([], "train", "--resume", tiny.FileOf("killed")));
        Assert.Equal(TinyModel.Bytes(straight.Saved), TinyModel.Bytes(Path.Combine(tiny.FileOf("killed"), "adapter")));
        var steps = MetricsLog.Read(Path.Combine(tiny.FileOf("killed"), "metrics.jsonl")).Where(static l => l.Kind == "step").Select(static l => l.Step);
        Assert.Equal(Enumerable.Range(1, 160), steps);
    }

    /// <summary>A run on local files loads nothing that could open a connection, and no library of a database.</summary>
    [Fact]
    [Trait("SilentFailure", "25")]
    public async Task A_run_never_loads_the_network()
    {
        using var tiny = new TinyModel();
        var list = tiny.FileOf("assemblies.txt");
        var code = await CliProcess.Run(
            [("DOTNET_STARTUP_HOOKS", typeof(StartupHook).Assembly.Location), (StartupHook.Target, list)],
            ["train", .. tiny.Settings("run").SelectMany(static s => (string[])["--set", s])]);
        Assert.Equal(0, code);
        var loaded = File.ReadAllLines(list);
        Assert.Contains("Attune.Engine", loaded);
        Assert.DoesNotContain(loaded, static a => a.StartsWith("System.Net", StringComparison.Ordinal));
        Assert.DoesNotContain(loaded, static a => a is "Npgsql" || a.Contains("Sqlite", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Products in BF16 need vectors of 512 bits: where .NET is told to use narrower ones, or prefers them itself, a run takes F32 and says so.</summary>
    [Fact]
    public async Task A_run_trains_where_the_runtime_prefers_narrow_vectors()
    {
        using var tiny = new TinyModel();
        (string, string)[] narrow = [("DOTNET_PreferredVectorBitWidth", "256")];
        Assert.Equal(0, await CliProcess.Run(narrow, ["train", .. tiny.Settings("run").Append("train.max_steps=2").SelectMany(static s => (string[])["--set", s])]));
        Assert.Equal("f32", Manifest.Load(Path.Combine(tiny.FileOf("run"), "manifest.json")).Environment["products"]);
        var refused = await CliProcess.Run(narrow, ["train", .. tiny.Settings("refused").Append("train.compute=bf16").SelectMany(static s => (string[])["--set", s])]);
        Assert.Equal(2, refused);
    }
}
