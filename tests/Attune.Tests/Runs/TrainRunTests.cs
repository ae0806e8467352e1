using Attune.Adapters;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs;
using Attune.Text;
using Attune.Training;

namespace Attune.Tests.Runs;

/// <summary>Whole runs on a tiny model: what comes out, and that it cannot be used wrongly without a word.</summary>
public sealed class TrainRunTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    [Trait("SilentFailure", "4")]
    [Trait("SilentFailure", "16")]
    public void The_saved_adapter_gives_the_trained_logits_and_a_rerun_the_same_bytes()
    {
        var first = tiny.Run("first");
        Assert.Contains("bit for bit", first.Record.Facts.Single(static f => f.Name == "Saved files").Value, StringComparison.Ordinal);
        // A second run, on other threads, is the same to the byte.
        Assert.Equal(TinyModel.Bytes(first.Saved), TinyModel.Bytes(TinyModel.Run(tiny.Recipe("second"), threads: 2).Saved));
        Assert.NotEqual(TinyModel.Bytes(first.Saved), TinyModel.Bytes(tiny.Run("third", "train.seed=2").Saved));
        // And it does something: not the base's logits.
        using var loaded = ModelContext.Open(tiny.Path, first.Saved);
        var decoder = loaded.Folder.BuildFrozen();
        Assert.NotEqual(Logits(decoder, null), Logits(decoder, PeftFiles.Load(first.Saved, decoder)));
    }

    /// <summary>One bit of the saved weights turned over is found.</summary>
    [Fact]
    [Trait("SilentFailure", "4")]
    public void The_parity_check_finds_a_file_that_was_altered()
    {
        var recipe = tiny.Recipe("run");
        using var setup = RunSetup.Prepare(recipe, CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
        var run = RunDirectory.Create(recipe.Output, recipe.Model, tiny.Data, TimeProvider.System);
        using var arena = Arena.OfBytes(setup.Memory.Plan.Arena);
        using var model = TrainingModel.Build(setup.Model.Folder, setup.Method, CpuBackend.Shared(1), arena);
        foreach (var p in model.Weights.Parameters)
            CpuBackend.Shared(1).Pointwise.Fill(p.Value, 0.01f);
        var saved = RunOutput.Save(run, setup, model);
        Assert.Contains("bit for bit", RunOutput.CheckParity(saved, setup, model, CpuBackend.Shared(1), arena), StringComparison.Ordinal);
        var weights = Path.Combine(saved, "adapter_model.safetensors");
        var bytes = File.ReadAllBytes(weights);
        bytes[^2] ^= 0x40;
        File.WriteAllBytes(weights, bytes);
        var found = Assert.Throws<RunFailedException>(() => RunOutput.CheckParity(saved, setup, model, CpuBackend.Shared(1), arena));
        Assert.Contains("do not give the logits that were trained", found.Message, StringComparison.Ordinal);

        BitConverter.TryWriteBytes(bytes.AsSpan(^4), float.NaN);
        File.WriteAllBytes(weights, bytes);
        Assert.Throws<RunFailedException>(() => RunOutput.CheckParity(saved, setup, model, CpuBackend.Shared(1), arena));
    }

    /// <summary>However much rounding moves the logits of a model that is saved in BF16: it is saved right, and one wrong weight is found.</summary>
    [Fact]
    [Trait("SilentFailure", "4")]
    public void Rounding_on_saving_is_no_fault_and_a_wrong_weight_is()
    {
        var narrow = tiny.FileOf("narrow");
        using (var folder = ModelFolder.Open(tiny.Path))
            ModelWriter.Save(narrow, folder, folder.Weight, SafeTensorsType.BF16);
        var recipe = tiny.Recipe("run", $"model={narrow}", "method.kind=full", "method.rank=auto");
        using var setup = RunSetup.Prepare(recipe, CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
        var run = RunDirectory.Create(recipe.Output, recipe.Model, tiny.Data, TimeProvider.System);
        using var arena = Arena.OfBytes(setup.Memory.Plan.Arena);
        using var model = TrainingModel.Build(setup.Model.Folder, setup.Method, CpuBackend.Shared(1), arena);
        // Wild weights between the numbers of BF16: what is rounded here is not what a few steps of training leave.
        foreach (var p in model.Weights.Parameters)
            p.Value.Write([.. Enumerable.Range(0, p.Value.Rows * p.Value.Cols).Select(i => (float)RandomKey.OfSeed(3).For(p.Name).Normal(i) * 1.003f)]);
        var saved = RunOutput.Save(run, setup, model);
        Assert.Contains("rounded to BF16", RunOutput.CheckParity(saved, setup, model, CpuBackend.Shared(1), arena), StringComparison.Ordinal);
        var file = Path.Combine(saved, "model.safetensors");
        var bytes = File.ReadAllBytes(file);
        bytes[^65] ^= 0x40;
        File.WriteAllBytes(file, bytes);
        Assert.Throws<RunFailedException>(() => RunOutput.CheckParity(saved, setup, model, CpuBackend.Shared(1), arena));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_holds_as_long_as_all_of_its_exported_forms_do(bool holds)
    {
        var record = new RunRecord { Title = "t", Parity = [new ParityLine("adapter", 1, 1, 0, 0, true), new ParityLine("gguf:f32", 1, 0, 9, 1, holds)] };
        Assert.Equal(holds, new RunResult("", "", record, 0, 0).Holds);
    }

    [Fact]
    [Trait("SilentFailure", "5")]
    [Trait("SilentFailure", "12")]
    public void An_adapter_is_refused_by_another_base_tokenizer_or_template()
    {
        var saved = tiny.Run("run").Saved;
        Refused("other weights", tiny.Make("other-weights", seed: 8), saved);
        Refused("vocabulary of 288 tokens", tiny.Make("other-size", seed: 7, vocabulary: 300), saved);
        var tokenizer = tiny.Make("other-tokenizer", seed: 7);
        File.AppendAllText(Path.Combine(tokenizer, "tokenizer.json"), "\n");
        Refused("another tokenizer", tokenizer, saved);
        var template = tiny.FileOf("other.jinja");
        File.WriteAllText(template, ChatTemplate.ChatMl.Source + " ");
        Refused("another chat template", tiny.Path, saved, template);
    }

    /// <summary>The template of the recipe is stored with the adapter and rules when it is loaded, whatever the model's own is.</summary>
    [Fact]
    [Trait("SilentFailure", "5")]
    public void The_recipes_template_goes_with_the_adapter()
    {
        var template = tiny.FileOf("given.jinja");
        File.WriteAllText(template, ChatTemplate.ChatMl.Source.Replace("<|im_start|>", "[", StringComparison.Ordinal));
        var saved = tiny.Run("run", $"data.template={template}").Saved;
        using var loaded = ModelContext.Open(tiny.Path, saved);
        Assert.Equal(File.ReadAllText(template), loaded.Template!.Source);
        Assert.Contains("[assistant", loaded.Tokenizer.Decode(loaded.Prompt([new ChatMessage("user", "hi")]), skipSpecialTokens: false), StringComparison.Ordinal);
        // Full tuning stores it with the model.
        var model = tiny.Run("full", "method.kind=full", "method.rank=auto", $"data.template={template}").Saved;
        using var tuned = ModelContext.Open(model);
        Assert.Equal(loaded.Template.Hash, tuned.Template!.Hash);
    }

    /// <summary>A model and a file of rows are enough: everything else that is open is chosen or left open, each with its rule, before anything runs.</summary>
    [Fact]
    [Trait("SilentFailure", "23")]
    public void Two_inputs_suffice_and_every_choice_is_said_with_its_rule()
    {
        var recipe = RecipeReader.FromSettings([new Setting("model", tiny.Path, "--model"), new Setting("data.train", tiny.Data, "--data")]);
        var choices = new List<NoticeChoice>();
        using var setup = RunSetup.Prepare(recipe, CpuBackend.Shared(1), n => choices.AddRange(n is NoticeChoice c ? [c] : Array.Empty<NoticeChoice>()), TestContext.Current.CancellationToken);
        var open = RecipeKeys.All.Where(k => k.Default == "auto" && k.Idle(setup.Recipe) is null).Select(static k => k.Name).Order().ToArray();
        Assert.True(open.Length > 15);
        Assert.Empty(open.Except(choices.Select(static c => c.Key)));
        Assert.All(choices, static c => Assert.True(c.Value.Length > 0 && c.Reason.Length > 5, $"{c.Key} = {c.Value}: {c.Reason}"));
        Assert.Equal(choices.Count, choices.Select(static c => c.Key).Distinct().Count());
        // What a number can stand for is a number by now.
        Assert.DoesNotContain(choices, static c => c.Value == "auto" && c.Key is "method.rank" or "train.learning_rate" or "train.epochs" or "train.batch_tokens" or "eval.metrics");
    }

    /// <summary>What a run leaves for other tools: Hugging Face's trainer state, TensorBoard's events, the report for programs.</summary>
    [Fact]
    public void Other_tools_find_their_files()
    {
        var result = tiny.Run("run");
        var state = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(result.Directory, "trainer_state.json"))).RootElement;
        Assert.Equal((12, 12), (state.GetProperty("global_step").GetInt32(), state.GetProperty("max_steps").GetInt32()));
        Assert.Equal("adapter", state.GetProperty("best_model_checkpoint").GetString());
        var history = state.GetProperty("log_history").EnumerateArray().ToArray();
        Assert.Equal(Enumerable.Range(1, 12), history.Where(static l => l.TryGetProperty("loss", out _)).Select(static l => l.GetProperty("step").GetInt32()));
        var best = history.Where(static l => l.TryGetProperty("eval_loss", out _)).MinBy(static l => l.GetProperty("eval_loss").GetDouble());
        Assert.Equal(best.GetProperty("eval_loss").GetDouble(), state.GetProperty("best_metric").GetDouble());
        Assert.Equal(best.GetProperty("step").GetInt32(), state.GetProperty("best_global_step").GetInt32());
        Assert.True(new FileInfo(Assert.Single(Directory.GetFiles(result.Directory, "events.out.tfevents.*"))).Length > 1000);
        var report = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(result.Directory, "report.json"))).RootElement;
        Assert.Equal(result.Record.Metrics.Count, report.GetProperty("metrics").GetArrayLength());
        Assert.Equal(result.Record.Samples.Count, report.GetProperty("samples").GetArrayLength());
    }

    [Fact]
    [Trait("SilentFailure", "17")]
    [Trait("SilentFailure", "18")]
    public void Validation_best_checkpoint_and_general_text_are_on_unasked()
    {
        var result = tiny.Run("run");
        var general = result.Record.Metrics.Single(static m => m.Role == MetricRole.Retention);
        Assert.True(general is { Before: > 0, After: > 0, Count: > 10 });
        Assert.NotEqual(general.Before, general.After);
        Assert.NotEmpty(result.Record.Curves.ValidLoss);
        Assert.NotNull(result.Record.Curves.KeptStep);
        foreach (var report in (string[])["report.html", "report.md"])
            Assert.Contains(general.Name, File.ReadAllText(Path.Combine(result.Directory, report)), StringComparison.Ordinal);
    }

    /// <summary>What was resolved resolves to itself: a second run from the first one's recipe is the same run.</summary>
    [Theory]
    [InlineData("train.max_steps=auto", "train.epochs=2")]
    [InlineData("method.kind=full", "method.rank=auto")]
    [InlineData("data.template=chatml", "train.micro_batch_tokens=auto")]
    [InlineData("train.learning_rate=auto", "train.batch_tokens=auto")]
    public void A_resolved_recipe_is_its_own_resolution(string first, string second)
    {
        var one = tiny.Run("one", first, second);
        var recipe = Path.Combine(one.Directory, "recipe.yaml");
        var two = TinyModel.Run(RecipeReader.ReadFile(recipe, [Setting.Parse($"output={tiny.FileOf("two")}")]));
        Assert.Equal(Keys(recipe), Keys(Path.Combine(two.Directory, "recipe.yaml")));
        Assert.Equal(TinyModel.Bytes(one.Saved), TinyModel.Bytes(two.Saved));
        Assert.Equal(one.Record.Metrics, two.Record.Metrics);
    }

    /// <summary>Small passes leave the general text room: it is cut to them.</summary>
    [Fact]
    public void Passes_shorter_than_the_general_text_are_no_error() =>
        Assert.NotEmpty(tiny.Run("run", "train.micro_batch_tokens=61", "train.max_steps=2").Record.Metrics);

    /// <summary>What a pass must hold are the rows that there are, those that are only measured too; found while the run is prepared.</summary>
    [Fact]
    public void A_row_that_no_pass_holds_is_named_before_anything_runs()
    {
        var rows = tiny.FileOf("test.jsonl");
        File.WriteAllText(rows, $$"""{"messages":[{"role":"user","content":"{{new string('x', 150)}}"},{"role":"assistant","content":"item=lamp"}]}""" + "\n");
        var recipe = tiny.Recipe("run", $"data.test={rows}", "train.micro_batch_tokens=61");
        var problem = Assert.Single(Assert.Throws<UserErrorException>(() => RunSetup.Prepare(recipe, CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken)).Problems);
        Assert.Equal("test.jsonl, row 1", problem.Place);
        Assert.Contains("a pass has 61", problem.Message, StringComparison.Ordinal);
        Assert.Contains("data.max_length to 62", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("SilentFailure", "20")]
    public void A_disk_without_room_is_found_before_the_first_step()
    {
        var run = RunDirectory.Create(tiny.FileOf("run"), tiny.Path, tiny.Data, TimeProvider.System);
        run.RequireRoom(1);
        var full = Assert.Throws<RunFailedException>(() => run.RequireRoom(long.MaxValue));
        Assert.Contains("MB are free", full.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_holds_a_run_is_not_written_over()
    {
        tiny.Run("run", "train.max_steps=1");
        Assert.Contains("--resume", Assert.Throws<UserErrorException>(() => tiny.Run("run")).Message, StringComparison.Ordinal);
    }

    private static void Refused(string why, string model, string adapter, string? template = null)
    {
        var problems = Assert.Throws<UserErrorException>(() => ModelContext.Open(model, adapter, template).Dispose()).Problems;
        Assert.Contains(problems, p => p.Message.Contains(why, StringComparison.Ordinal));
        Assert.All(problems, static p => Assert.NotEmpty(p.Remedy));
    }

    private static string[] Keys(string recipe) => [.. File.ReadLines(recipe).Select(static l => l.Split('#')[0].TrimEnd()).Where(static l => l.Length > 0)];

    private static float[] Logits(Decoder model, IAdapterSet? adapters)
    {
        using var arena = Arena.OfBytes(16 << 20);
        using var tape = new Tape(CpuBackend.Shared(1), arena, record: false);
        return model.Logits(tape, Pass.Packed([8]) with { Adapters = adapters }, Enumerable.Range(5, 8).ToArray(), [7]).ToArray();
    }
}
