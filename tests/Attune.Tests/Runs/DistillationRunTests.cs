using Attune.Engine.Backends;
using Attune.Problems;
using Attune.Reports;
using Attune.Runs;

namespace Attune.Tests.Runs;

/// <summary>Whole runs that learn from a teacher.</summary>
public sealed class DistillationRunTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    [Trait("SilentFailure", "15")]
    public void A_resumed_run_is_the_run_that_was_never_stopped_and_wants_the_same_teacher()
    {
        var (teacher, other) = (tiny.Make("teacher", seed: 9), tiny.Make("other", seed: 10));
        string[] plain = ["method.dropout=0.2", "train.save_every=3", "train.eval_every=3", "train.keep_best=false"];
        string[] settings = [.. Distill(teacher), "objective.divergence=js", .. plain];
        var whole = tiny.Run("whole", settings);
        var recipe = tiny.Recipe("stopped", settings);
        Stopped.After(recipe, 5);
        var resumed = TinyModel.Run(Attune.Recipes.RecipeReader.ReadFile(Path.Combine(tiny.FileOf("stopped"), "recipe.yaml")), threads: 2, resume: tiny.FileOf("stopped"));
        Assert.Equal(TinyModel.Bytes(whole.Saved), TinyModel.Bytes(resumed.Saved));
        Assert.NotEqual(TinyModel.Bytes(whole.Saved), TinyModel.Bytes(tiny.Run("others", [.. settings, $"objective.teacher={other}"]).Saved));
        Assert.Equal(
            TinyModel.Bytes(tiny.Run("plain", plain).Saved),
            TinyModel.Bytes(tiny.Run("labels", [.. settings, "objective.label_weight=1"]).Saved));
        Assert.Contains(Manifest.Load(Path.Combine(whole.Directory, "manifest.json")).Files, static f => f.Role == "teacher");

        Stopped.After(tiny.Recipe("changed", settings), 5);
        foreach (var file in Directory.GetFiles(other))
            File.Copy(file, Path.Combine(teacher, Path.GetFileName(file)), overwrite: true);
        var refused = Assert.Throws<UserErrorException>(() => TinyModel.Run(tiny.Recipe("changed", settings), resume: tiny.FileOf("changed")));
        Assert.Contains("other teacher", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>What the student writes is a function of seed, step and weights: stopped and resumed, on other threads, in other passes, it writes the same.</summary>
    [Fact]
    [Trait("SilentFailure", "15")]
    public void On_policy_runs_and_resumes_bit_for_bit()
    {
        string[] settings = [.. Distill(tiny.Make("teacher", seed: 9)), "objective.on_policy=0.6", "train.save_every=3", "train.eval_every=3", "train.keep_best=false"];
        var whole = tiny.Run("whole", settings);
        Stopped.After(tiny.Recipe("stopped", settings), 5);
        var resumed = TinyModel.Run(Attune.Recipes.RecipeReader.ReadFile(Path.Combine(tiny.FileOf("stopped"), "recipe.yaml")), threads: 2, resume: tiny.FileOf("stopped"));
        Assert.Equal(TinyModel.Bytes(whole.Saved), TinyModel.Bytes(resumed.Saved));
        Assert.NotEqual(TinyModel.Bytes(whole.Saved), TinyModel.Bytes(tiny.Run("cold", [.. settings, "objective.sample_temperature=0"]).Saved));
        Assert.NotEqual(TinyModel.Bytes(whole.Saved), TinyModel.Bytes(tiny.Run("data", [.. settings, "objective.on_policy=0"]).Saved));
    }

    /// <summary>A tuned teacher is a base with an adapter, named together or by the adapter alone.</summary>
    [Fact]
    public void A_teacher_may_be_an_adapter_on_its_base()
    {
        var adapter = tiny.Run("tuned").Saved;
        var both = tiny.Run("both", [.. Distill(tiny.Path), $"objective.teacher_adapter={adapter}"]).Saved;
        Assert.Equal(TinyModel.Bytes(both), TinyModel.Bytes(tiny.Run("alone", Distill(adapter)).Saved));
        Assert.NotEqual(TinyModel.Bytes(both), TinyModel.Bytes(tiny.Run("base", Distill(tiny.Path)).Saved));
    }

    /// <summary>So is one whose norms alone were tuned, which is no adapter of any layer.</summary>
    [Fact]
    public void A_teacher_may_be_weights_that_were_tuned_alone()
    {
        var norms = tiny.Run("norms", "method.kind=norms", "method.rank=auto", "train.learning_rate=0.2").Saved;
        Assert.NotEqual(TinyModel.Bytes(tiny.Run("by-norms", Distill(norms)).Saved), TinyModel.Bytes(tiny.Run("by-base", Distill(tiny.Path)).Saved));
    }

    /// <summary>Teacher, student before, on labels alone, distilled: on the same rows, with costs; and the plan holds for the measuring of all.</summary>
    [Fact]
    public void The_report_puts_teacher_and_students_side_by_side()
    {
        using var large = new TinyModel(family: "gpt2");
        var labels = tiny.Run("labels").Saved;
        var result = tiny.Run("run", [.. Distill(large.Path), $"objective.compare={labels}", "eval.max_new_tokens=40"]);
        var transfer = result.Record.Transfer!;
        Assert.Equal(["teacher", "student before", "student on labels alone", "student distilled"], transfer.Models.Select(static m => m.Name));
        Assert.All(transfer.Models, m => Assert.Equal(transfer.Models[0].Values.Select(static v => v.Name), m.Values.Select(static v => v.Name)));
        Assert.Equal(result.Record.Metrics.Select(static m => m.Before), transfer.Models[1].Values.Select(static v => v.Value));
        Assert.Equal(result.Record.Metrics.Select(static m => m.After), transfer.Models[3].Values.Select(static v => v.Value));
        Assert.Equal(transfer.OverLabels.Select(static m => m.Before), transfer.Models[2].Values.Select(static v => v.Value));
        Assert.Contains(result.Record.Memory, static m => m.Name == "teacher (mapped)");
        foreach (var file in (string[])["report.html", "report.md", "report.json"])
            Assert.Contains("student on labels alone", File.ReadAllText(Path.Combine(result.Directory, file)), StringComparison.Ordinal);
        Assert.Contains(Findings.Of(result.Record), static f => f.Title.Contains("labels", StringComparison.Ordinal));
        Assert.Null(tiny.Run("plain").Record.Transfer);
    }

    [Fact]
    public void A_teacher_with_other_tokens_is_refused_by_name_before_anything_starts()
    {
        var other = tiny.Make("larger", seed: 9, vocabulary: 300);
        var problem = Refused(Distill(other));
        Assert.Equal("objective.teacher", problem.Place);
        Assert.Contains("12 tokens differ, token 288 first, which is nothing", problem.Message, StringComparison.Ordinal);
        Assert.Contains("docs/distillation-offline.md", problem.Remedy, StringComparison.Ordinal);
        // Another file with the same tokens is no other tokenizer.
        var same = tiny.Make("same", seed: 9);
        File.AppendAllText(Path.Combine(same, "tokenizer.json"), "\n");
        using var setup = RunSetup.Prepare(tiny.Recipe("run", Distill(same)), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
        Assert.IsType<Attune.Objectives.DistillationObjective>(setup.Steps.Options.Objective);
    }

    [Fact]
    public void A_teacher_that_is_too_short_or_speaks_another_template_is_told_of()
    {
        var small = tiny.Make("short", seed: 9);
        var config = Path.Combine(small, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"max_position_embeddings\": 192", "\"max_position_embeddings\": 20", StringComparison.Ordinal));
        Assert.Contains("only 20", Refused(Distill(small)).Message, StringComparison.Ordinal);
        Assert.Equal("objective.compare", Refused([.. Distill(tiny.Path), $"objective.compare={small}"]).Place);
        var notices = new List<RunNotice>();
        using var setup = RunSetup.Prepare(
            tiny.Recipe("run", Distill(tiny.Make("talks", seed: 9, template: " "))), CpuBackend.Shared(1), notices.Add, TestContext.Current.CancellationToken);
        Assert.Contains(notices.OfType<NoticeText>(), static n => n.Text.Contains("another chat template", StringComparison.Ordinal));
    }

    private static string[] Distill(string teacher) => ["objective.kind=distill", $"objective.teacher={teacher}"];

    private Problem Refused(string[] settings) => Assert.Single(Assert.Throws<UserErrorException>(() =>
        RunSetup.Prepare(tiny.Recipe("run", settings), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken)).Problems);
}
