using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;
using Attune.Recipes;
using Attune.Runs;

namespace Attune.Tests.Runs;

/// <summary>A teacher that is quantised while it is loaded: what it says is what its decoded weights say, and nothing is quantised for a plan.</summary>
public sealed class QuantisedTeacherTests : IDisposable
{
    private readonly TinyModel tiny = new();
    private readonly TinyModel large = new(width: 2, seed: 9);

    public void Dispose()
    {
        large.Dispose();
        tiny.Dispose();
    }

    [Theory]
    [InlineData("int8", DType.Int8)]
    [InlineData("nf4", DType.NF4)]
    public void It_teaches_what_its_decoded_weights_say(string name, DType type)
    {
        var decoded = tiny.FileOf("decoded");
        Directory.CreateDirectory(decoded);
        foreach (var file in Directory.GetFiles(large.Path).Where(static f => !f.EndsWith(".safetensors", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(decoded, Path.GetFileName(file)));
        using (var folder = ModelFolder.Open(large.Path).In(type))
        {
            ModelWriter.Save(decoded, folder, info =>
            {
                var value = Tensor.Allocate(DType.F32, info.Rows, info.Cols);
                value.Write(folder.Weight(info).ToArray());
                return value;
            }, SafeTensorsType.F32);
        }
        string[] steps = ["train.max_steps=2", "objective.label_weight=0", "train.compute=f32"];
        var quantised = tiny.Run("quantised", [.. Distill(large.Path), $"objective.teacher_base={name}", .. steps]);
        var (exact, stored) = (FirstLoss(tiny.Run("exact", [.. Distill(decoded), .. steps]).Directory), FirstLoss(tiny.Run("stored", [.. Distill(large.Path), .. steps]).Directory));
        Assert.Equal(exact, FirstLoss(quantised.Directory), 2e-5);
        Assert.NotEqual(stored, FirstLoss(quantised.Directory), 2e-5);
        Assert.Contains($"matrices are held as {name}", quantised.Record.Facts.Single(static f => f.Name == "Teacher").Value, StringComparison.Ordinal);
        Assert.Contains(quantised.Record.Memory, static m => m.Name == "teacher (quantised)");
        using var at = ModelFolder.Open(large.Path);
        Assert.Equal(at.In(type).WeightBytes, quantised.Record.Transfer!.Models[0].Bytes);
        Assert.Contains($"teacher_base: {name}", File.ReadAllText(Path.Combine(quantised.Directory, "recipe.yaml")), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("SilentFailure", "15")]
    public void A_resumed_run_is_the_run_that_was_never_stopped()
    {
        string[] settings = [.. Distill(large.Path), "objective.teacher_base=nf4", "train.save_every=3", "train.eval_every=3", "train.keep_best=false"];
        var whole = tiny.Run("whole", settings);
        Stopped.After(tiny.Recipe("stopped", settings), 5);
        var resumed = TinyModel.Run(RecipeReader.ReadFile(Path.Combine(tiny.FileOf("stopped"), "recipe.yaml")), threads: 2, resume: tiny.FileOf("stopped"));
        Assert.Equal(TinyModel.Bytes(whole.Saved), TinyModel.Bytes(resumed.Saved));
    }

    /// <summary>What it takes is planned, its loading too, before any of it is made; and where memory is short the message names the key.</summary>
    [Fact]
    [Trait("SilentFailure", "6")]
    public void A_plan_quantises_nothing_and_counts_what_will_be_held()
    {
        using var stored = Prepare(Distill(large.Path));
        using var held = Prepare([.. Distill(large.Path), "objective.teacher_base=nf4"]);
        Assert.Equal(stored.Memory.Plan.Teacher - held.Memory.Plan.Teacher, stored.Teacher!.Context.Folder.WeightBytes - held.Teacher!.Context.Folder.WeightBytes);
        Assert.True(held.Memory.Plan.Total < stored.Memory.Plan.Total);
        Assert.Equal(held.Teacher.Context.Folder.LoadingBytes, held.Memory.Plan.Loading);
        Assert.All(held.Teacher.Planned.Decoder.Linears.Where(static l => l.Weight.Value.Type == DType.NF4), static l => Assert.True(l.Weight.Value.Block.Storage.IsPretend));
        Assert.Contains(stored.Choices.Made, static c => c is { Key: "objective.teacher_base", Value: "stored" });
        string[] tight = ["limits.memory=1MB", "train.micro_batch_tokens=256"];
        Assert.Contains("set objective.teacher_base: nf4", Refused([.. Distill(large.Path), .. tight]).Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("teacher_base", Refused([.. Distill(large.Path), "objective.teacher_base=nf4", .. tight]).Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void An_adapters_own_base_is_taken_and_no_other()
    {
        var adapter = large.Run("tuned", "method.base=nf4", "train.max_steps=2").Saved;
        using var own = Prepare(Distill(adapter));
        Assert.Equal(DType.NF4, own.Teacher!.Context.Folder.HeldAs);
        Assert.Contains(own.Choices.Made, static c => c is { Key: "objective.teacher_base", Value: "nf4" } && c.Reason.Contains("adapter", StringComparison.Ordinal));
        var other = Refused([.. Distill(adapter), "objective.teacher_base=int8"]);
        Assert.Equal("objective.teacher_base", other.Place);
        Assert.Contains("was tuned on a base that is held as nf4", other.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_has_no_matrix_to_quantise_is_refused()
    {
        var file = large.FileOf("blocks.gguf");
        using (var model = InferenceModel.Open(large.Path, null, null, CpuBackend.Shared(1)))
            Attune.Runs.Export.ExportFormats.Find("", "gguf:q8_0").Write(model, file);
        var refused = Refused([.. Distill(file), "objective.teacher_base=nf4"]);
        Assert.Equal("objective.teacher_base", refused.Place);
        Assert.Contains("in blocks already", refused.Message, StringComparison.Ordinal);
    }

    private static string[] Distill(string teacher) => ["objective.kind=distill", $"objective.teacher={teacher}"];

    private static double FirstLoss(string run) => System.Text.Json.JsonDocument.Parse(
        File.ReadLines(Path.Combine(run, "metrics.jsonl")).First(static l => l.Contains("gradient_norm", StringComparison.Ordinal))).RootElement.GetProperty("loss").GetDouble();

    private RunSetup Prepare(string[] settings) => RunSetup.Prepare(tiny.Recipe("run", settings), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);

    private Problem Refused(string[] settings) => Assert.Single(Assert.Throws<UserErrorException>(() => Prepare(settings).Dispose()).Problems);
}
