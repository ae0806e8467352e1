using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Platform;
using Attune.Evaluation;
using Attune.Models;
using Attune.Objectives;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs;
using Attune.Training;

namespace Attune.Tests.Runs;

/// <summary>What enters the lowest trained block is computed once and kept: faster, and the same to the bit.</summary>
public sealed class PrefixCacheTests
{
    private const string Last = "method.last_layers=1";

    private static readonly string[] Full = ["method.kind=full", "method.rank=auto", "train.learning_rate=0.01"];

    private static RunSetup Prepare(TinyModel tiny, params string[] settings) =>
        RunSetup.Prepare(tiny.Recipe("run", [Last, .. settings]), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);

    private static string Loss(RunResult result) => string.Join(' ', MetricsLog.Read(Path.Combine(result.Directory, "metrics.jsonl")).Select(static l => $"{l.Kind} {l.Step} {l["loss"]:R}"));

    // A limit at which the rows of a pass have room, and those of all examples do not.
    private static string Tight(TinyModel tiny, params string[] settings)
    {
        using var off = Prepare(tiny, [.. settings, "train.prefix_cache=off"]);
        return $"limits.memory={off.Memory.Plan.Total + 2 * 256 * 32 * 4 + 50_000}B";
    }

    [Theory]
    [InlineData("llama", true, "train.recompute=off")]
    [InlineData("llama", true, "train.recompute=on")]
    [InlineData("llama", false, "train.recompute=off")]
    [InlineData("gpt2", true, "method.dropout=0.2")]
    [InlineData("gpt2", false, "train.recompute=off")]
    [InlineData("qwen3", true, "train.recompute=off")]
    [Trait("SilentFailure", "16")]
    public void With_and_without_it_a_run_is_the_same_to_the_bit(string family, bool lora, string setting)
    {
        using var tiny = new TinyModel(family: family);
        string[] settings = [Last, setting, .. lora ? [] : Full, "train.eval_every=3"];
        var off = tiny.Run("off", [.. settings, "train.prefix_cache=off"]);
        var on = tiny.Run("on", [.. settings, "train.prefix_cache=on"]);
        Assert.Equal(Loss(off), Loss(on));
        Assert.Equal(TinyModel.Bytes(off.Saved), TinyModel.Bytes(on.Saved));
        Assert.Equal(off.Record.Metrics.Select(static m => (m.Before, m.After)), on.Record.Metrics.Select(static m => (m.Before, m.After)));
        Assert.Contains("block 0 is frozen", on.Record.Facts.Single(static f => f.Name == "Frozen blocks").Value, StringComparison.Ordinal);
        // It is what a run does of itself where nothing else is said.
        using var open = Prepare(tiny, [setting, .. lora ? [] : Full]);
        Assert.Equal(PrefixCacheUse.On, open.Recipe.Train.PrefixCache);
        Assert.Contains(open.Choices.Made, static c => c.Key == "train.prefix_cache" && c.Value == "on");
    }

    [Fact]
    public void With_too_little_memory_it_is_a_file_that_is_gone_afterwards_and_the_result_the_same()
    {
        Assert.SkipUnless(Os.ReleasesMapped, "a mapped file saves memory only where its pages can be let go of: on Linux, with native calls");
        using var tiny = new TinyModel();
        var tight = Tight(tiny);
        using (var setup = Prepare(tiny, tight))
        {
            Assert.True(setup.Memory.Prefix!.InFile);
            Assert.True(setup.Memory.Plan.Total <= setup.Memory.Limit);
        }
        var (file, memory) = (tiny.Run("file", Last, tight), tiny.Run("memory", Last));
        Assert.Contains("in a file", file.Record.Facts.Single(static f => f.Name == "Frozen blocks").Value, StringComparison.Ordinal);
        Assert.Equal(TinyModel.Bytes(memory.Saved), TinyModel.Bytes(file.Saved));
        Assert.False(File.Exists(Path.Combine(file.Directory, "prefix.tmp")));
        // Less still, and there is none: said, and the run goes on.
        using var none = Prepare(tiny, $"limits.memory={long.Parse(tight[14..^1], System.Globalization.CultureInfo.InvariantCulture) - 60_000}B");
        Assert.Null(none.Memory.Prefix);
        Assert.Contains(none.Choices.Made, static c => c.Key == "train.prefix_cache" && c.Value == "off");
    }

    [Fact]
    [Trait("SilentFailure", "20")]
    public void A_disk_without_room_is_said_and_the_run_goes_on_without()
    {
        Assert.SkipUnless(Os.ReleasesMapped, "a mapped file saves memory only where its pages can be let go of: on Linux, with native calls");
        using var tiny = new TinyModel();
        using var setup = Prepare(tiny, Tight(tiny));
        var run = RunDirectory.Create(tiny.FileOf("full"), tiny.Path, tiny.Data, TimeProvider.System);
        run.RequireRoom(0);
        var notices = new List<RunNotice>();
        Assert.Null(setup.Memory.Prefix!.Open(run, long.MaxValue / 2, notices.Add));
        Assert.Contains("there is no room", Assert.IsType<NoticeText>(Assert.Single(notices)).Text, StringComparison.Ordinal);
        using var opened = setup.Memory.Prefix!.Open(run, 0, notices.Add);
        Assert.NotNull(opened);
    }

    /// <summary>A resumed run fills it anew: nothing that another process left behind is believed.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [Trait("SilentFailure", "15")]
    public void A_stopped_and_resumed_run_with_it_is_one_without_it_that_was_never_stopped(int steps)
    {
        using var tiny = new TinyModel();
        string[] settings = [Last, "train.save_every=2", "train.eval_every=4"];
        var straight = tiny.Run("straight", [.. settings, "train.prefix_cache=off"]);
        var recipe = tiny.Recipe("stopped", [.. settings, "train.prefix_cache=on"]);
        Stopped.After(recipe, steps);
        var resumed = TinyModel.Run(RecipeReader.ReadFile(Path.Combine(tiny.FileOf("stopped"), "recipe.yaml")), resume: tiny.FileOf("stopped"));
        Assert.Equal(TinyModel.Bytes(straight.Saved), TinyModel.Bytes(resumed.Saved));
        // With or without it, it is the same run: one may be gone on with as the other.
        Stopped.After(tiny.Recipe("other", [.. settings, "train.prefix_cache=on"]), steps);
        var without = RecipeReader.ReadFile(Path.Combine(tiny.FileOf("other"), "recipe.yaml"));
        without = without with { Train = without.Train with { PrefixCache = PrefixCacheUse.Off } };
        Assert.Equal(TinyModel.Bytes(straight.Saved), TinyModel.Bytes(TinyModel.Run(without, resume: tiny.FileOf("other")).Saved));
    }

    [Theory]
    [InlineData("llama", true, Keep.Saved)]
    [InlineData("llama", false, Keep.Recompute)]
    [InlineData("gpt2", true, Keep.Recompute)]
    [InlineData("gpt2", false, Keep.Saved)]
    [Trait("SilentFailure", "6")]
    public void Passes_with_it_take_what_was_planned_to_the_byte(string family, bool lora, Keep keep)
    {
        using var tiny = new TinyModel(family: family);
        using var setup = Prepare(tiny, [.. lora ? [] : Full, $"train.recompute={(keep == Keep.Recompute ? "on" : "off")}", "train.batch_tokens=256"]);
        var (plan, prefix, data) = (setup.Memory.Plan, setup.Memory.Prefix!, setup.Data);
        Assert.Equal(prefix.Examples.Sum(static e => e.Positions) * 32L * 4, plan.Prefix);
        Assert.Contains(plan.Terms, t => t == ("frozen-prefix cache", plan.Prefix));
        using var cache = PrefixCache.InMemory(prefix.Block, prefix.Channels, prefix.Examples);
        using var arena = Arena.OfBytes(plan.Arena);
        using var model = TrainingModel.Build(setup.Model.Folder, setup.Method, CpuBackend.Shared(1), arena);
        var options = setup.Steps.Options;
        var gradients = new GradientStep(model, CpuBackend.Shared(1), arena, options, cache);
        foreach (var step in setup.Steps.Packer.Steps(default, 2))
        {
            gradients.Run(step, 0, TestContext.Current.CancellationToken);
            Assert.Equal(plan.Persistent, arena.InUse);
        }
        TokenLosses.Measure(model.Decoder, model.Adapters, data.General, options.PassRows, CpuBackend.Shared(1), arena, cache, TestContext.Current.CancellationToken);
        Assert.InRange(arena.Peak, plan.Persistent, plan.Arena);
        Assert.True(cache.Rows.Known >= data.Train.Sum(static e => e.Positions) && cache.Rows.Computed > 0, $"{cache.Rows}");
        // As much as planned where a pass is as large as planned, known or not.
        Example[] full = [Example(options.PassRows / 2 + 1), Example(options.PassRows / 2 + 1)];
        using var one = PrefixCache.InMemory(prefix.Block, prefix.Channels, full);
        var large = new GradientStep(model, CpuBackend.Shared(1), arena, options, one);
        var batch = Batch.Of(full, [0, 1]);
        for (var i = 0; i < 2; i++)
            large.Run(new OptimizerStep(default, [batch], batch.Rows, batch.TrainedTokens), 0, TestContext.Current.CancellationToken);
        Assert.Equal((options.PassRows, options.PassRows), one.Rows);
        Assert.Equal(plan.Persistent + plan.Activations, arena.Peak);
    }

    /// <summary>Passes that hold one example that is not kept run whole; so do those whose filling is not known yet.</summary>
    [Fact]
    public void A_pass_is_taken_whole_or_not_at_all()
    {
        using var tiny = new TinyModel();
        using var folder = ModelFolder.Open(tiny.Path);
        var model = folder.BuildFrozen();
        Example[] examples = [Example(17), Example(20), Example(33)];
        using var cache = PrefixCache.InMemory(1, 32, examples[..2]);
        using var arena = Arena.OfBytes(64 << 20);
        (long, long) Measured(int rows, params Example[] set)
        {
            var plain = TokenLosses.Measure(model, null, set, rows, CpuBackend.Shared(1), arena, TestContext.Current.CancellationToken);
            var kept = TokenLosses.Measure(model, null, set, rows, CpuBackend.Shared(1), arena, cache, TestContext.Current.CancellationToken);
            Assert.Equal(plain.Examples, kept.Examples);
            return cache.Rows;
        }

        // One sequence of 16 rows fills its pass; then both together, of which one is new, with filling.
        Assert.Equal((16, 0), Measured(16, examples[0]));
        Assert.Equal((16 + 48, 0), Measured(64, examples[0], examples[1]));
        Assert.Equal((64, 48), Measured(64, examples[1], examples[0]));
        Assert.Equal((64, 48 + 16), Measured(16, examples[0]));
        // The third is none of its.
        Assert.Equal((64, 64), Measured(96, examples[2], examples[0]));
    }

    private static Example Example(int length) =>
        new([.. Enumerable.Range(0, length).Select(static i => (i * 31 + 5) % 280)], [false, .. Enumerable.Repeat(true, length - 1)], "rows", length, (ulong)length);
}
