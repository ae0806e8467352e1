namespace Attune.Tests.Runs;

/// <summary>The disk fills up while the real command trains: one clear message, exit code 1, and what was saved is good.</summary>
public class FullDiskTests
{
    private const int Steps = 200;

    private static readonly string[] Settings =
        [$"train.max_steps={Steps}", "train.save_every=5", "train.eval_every=100", "train.threads=1", "method.rank=1", "eval.general=none", "eval.rows=0", "eval.max_new_tokens=auto"];

    /// <summary>
    /// A file system of its own in memory, filled by another program once training is under way. Emptied again, the run goes on from
    /// its last checkpoint, to the bytes of one that was never disturbed.
    /// </summary>
    [Fact]
    [Trait("SilentFailure", "20")]
    public async Task A_disk_that_fills_up_ends_the_run_and_loses_nothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mounts a file system as only Linux can");
        using var tiny = new TinyModel();
        var mount = Directory.CreateDirectory(tiny.FileOf("disk")).FullName;
        const string mounting = "mount -t tmpfs -o size=8m tmpfs \"$M\" || exit 99\n";
        var (code, output, error) = await Shell(mount, mounting + """
            "$D" "$P" train --quiet "$@" & run=$!
            until [ -e "$M/run/checkpoints/step-0000020.safetensors" ] || ! kill -0 $run 2>/dev/null; do sleep 0.01; done
            cat /dev/zero > "$M/fill" 2>/dev/null
            wait $run; echo "code $?"
            ls "$M/run"; rm "$M/fill"
            "$D" "$P" train --quiet --resume "$M/run" > /dev/null || exit 98
            cp -r "$M/run/adapter" "$T/adapter"
            """, tiny, [], unshare: true);
        Assert.SkipWhen(code is 99 || error.StartsWith("unshare:", StringComparison.Ordinal), "this system lets nobody mount a file system here");
        Assert.True(code == 0, error);
        Assert.Contains("code 1\n", output);
        Assert.Equal(1, CountOf("error: ", error));
        Assert.Contains("free space", error);
        Assert.DoesNotContain("bug", error);
        Assert.DoesNotContain("adapter", output);
        Assert.Equal(TinyModel.Bytes(tiny.Run("straight", Settings).Saved), TinyModel.Bytes(tiny.FileOf("adapter")));
    }

    /// <summary>The same without a right to mount: no file may grow over a limit, and the metrics do, in the middle of the run.</summary>
    [Fact]
    [Trait("SilentFailure", "20")]
    public async Task A_file_that_may_not_grow_ends_the_run_and_loses_nothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a shell that limits the size of files");
        using var tiny = new TinyModel();
        // 32 kB: more than a checkpoint, less than the metrics of all steps.
        var (code, _, error) = await Shell(tiny.Folder, """
            ulimit -f 32
            "$D" "$P" train --quiet "$@"
            """, tiny, [("DOTNET_EnableWriteXorExecute", "0")], unshare: false);
        Assert.True(code == 1, $"{code} {error}");
        Assert.Equal(1, CountOf("error: ", error));
        Assert.Contains("metrics.jsonl", error);
        Assert.DoesNotContain("bug", error);
        Assert.False(Directory.Exists(Path.Combine(tiny.Folder, "run", "adapter")));
        Assert.Equal(0, await CliProcess.Run([], "train", "--resume", Path.Combine(tiny.Folder, "run")));
        Assert.Equal(TinyModel.Bytes(tiny.Run("straight", Settings).Saved), TinyModel.Bytes(Path.Combine(tiny.Folder, "run", "adapter")));
    }

    private static async Task<(int Code, string Out, string Error)> Shell(
        string output, string script, TinyModel tiny, (string Name, string Value)[] environment, bool unshare)
    {
        var settings = tiny.Settings("run").Concat(Settings).Append($"output={Path.Combine(output, "run")}")
            .GroupBy(static s => s.Split('=')[0]).SelectMany(static g => (string[])["--set", g.Last()]);
        string[] shell = ["bash", "-c", script, "bash", .. settings];
        var info = unshare ? CliProcess.Of("unshare", ["-rm", .. shell]) : CliProcess.Of(shell[0], shell[1..]);
        foreach (var (name, value) in environment.Concat([("D", CliProcess.Dotnet), ("P", CliProcess.Program), ("M", output), ("T", tiny.Folder)]))
            info.Environment[name] = value;
        return await CliProcess.Read(info);
    }

    private static int CountOf(string word, string text) => text.Split(word).Length - 1;
}
