using Attune.Engine.Backends;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;
using Attune.Runs;

namespace Attune.Tests.Runs;

/// <summary>Whole runs of every kind of block: tuned, saved in the checkpoint's own layout, opened again.</summary>
public class FamilyRunTests
{
    /// <summary>Each run ends with the comparison of what was saved with what was trained, bit for bit, and must have learned something.</summary>
    [Theory]
    [InlineData("gpt2", "method.kind=lora", "method.rank=4")]
    [InlineData("gpt2", "method.kind=full", "method.rank=auto")]
    [InlineData("qwen2", "method.kind=lora", "method.rank=4")]
    [InlineData("qwen3", "method.kind=full", "method.rank=auto")]
    public void A_run_learns_and_what_it_saves_is_what_was_trained(string family, string method, string rank)
    {
        using var tiny = new TinyModel(family: family);
        var result = tiny.Run("run", method, rank);
        Assert.Contains("bit for bit", result.Record.Facts.Single(static f => f.Name == "Saved files").Value, StringComparison.Ordinal);
        var loss = result.Record.Metrics.Single(static m => m.Name == "loss on test rows");
        Assert.True(loss.After < loss.Before - 0.1, $"{loss.Before} before, {loss.After} after");
    }

    [Fact]
    public void Full_tuning_keeps_names_shapes_and_configuration()
    {
        using var tiny = new TinyModel(family: "gpt2");
        var saved = tiny.Run("run", "method.kind=full", "method.rank=auto").Saved;
        using var before = SafeTensorsModel.Open(tiny.Path);
        using var after = SafeTensorsModel.Open(saved);
        Assert.Equal(before.Entries.Keys.Order(StringComparer.Ordinal), after.Entries.Keys.Order(StringComparer.Ordinal));
        Assert.All(before.Entries.Values, e => Assert.Equal(e.Shape, after.Entries[e.Name].Shape));
        Assert.Equal([32L, 96L], after.Entries["transformer.h.0.attn.c_attn.weight"].Shape);
        Assert.Equal("gpt2", HfConfig.ReadFolder(saved).ModelType);
    }

    /// <summary>No form of saving has 64 bits: what says that it has is saved in F32, and blended so too.</summary>
    [Fact]
    public void A_model_that_calls_itself_float64_is_saved_in_F32()
    {
        using var tiny = new TinyModel();
        var config = Path.Combine(tiny.Path, HfConfig.FileName);
        File.WriteAllText(config, File.ReadAllText(config).Replace("float32", "float64", StringComparison.Ordinal));
        var result = tiny.Run("run", "method.kind=full", "method.rank=auto");
        Assert.Contains("bit for bit", result.Record.Facts.Single(static f => f.Name == "Saved files").Value, StringComparison.Ordinal);
        Assert.Equal(SafeTensorsType.F32, HfConfig.ReadFolder(result.Saved).WeightType);
        var blend = BlendRun.Execute(result.Directory, new BlendOptions { At = [0, 1] }, 1, static _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal(SafeTensorsType.F32, HfConfig.ReadFolder(blend.Saved).WeightType);
    }

    [Fact]
    public void A_run_cannot_ask_for_more_positions_than_were_learned()
    {
        using var tiny = new TinyModel(family: "gpt2");
        var e = Assert.Throws<UserErrorException>(() => RunSetup.Prepare(
            tiny.Recipe("run", "data.max_length=193"), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken));
        Assert.Equal(("data.max_length", "set it to 192 or less"), (e.Problems[0].Place, e.Problems[0].Remedy));
    }

    [Theory]
    [InlineData("gpt2", "learned", "c_attn, c_proj, c_fc")]
    [InlineData("qwen2", "rotary", "q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj")]
    public void Inspection_names_the_family_its_positions_and_what_adapters_can_target(string family, string positions, string layers)
    {
        using var tiny = new TinyModel(family: family);
        var facts = Inspection.Of(tiny.Path);
        Assert.Equal((family, positions), (facts["family"]!.GetValue<string>(), facts["position_kind"]!.GetValue<string>()));
        Assert.Equal(layers, string.Join(", ", facts["linear_layers"]!.AsArray().Select(static l => l!.GetValue<string>())));
        using var folder = ModelFolder.Open(tiny.Path);
        Assert.Equal(folder.Parameters.Sum(static p => (long)p.Rows * p.Cols), facts["parameters"]!.GetValue<long>());
    }
}
