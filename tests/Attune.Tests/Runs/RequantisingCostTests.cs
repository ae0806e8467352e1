using Attune.Adapters;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Reports;
using Attune.Runs;

namespace Attune.Tests.Runs;

/// <summary>Merging an adapter that was tuned on a quantised base: into which weights, and what is said about what it costs.</summary>
public sealed class RequantisingCostTests
{
    /// <summary>
    /// The merged weight is the decoded base plus B·A, rounded once from F64 to F32: what the adapter was trained beside, bit for bit. Merged into
    /// the file's own weights instead it would be another model.
    /// </summary>
    [Fact]
    [Trait("SilentFailure", "13")]
    public void An_adapter_is_merged_in_f32_into_the_decoded_base_that_it_was_tuned_on()
    {
        using var tiny = new TinyModel();
        var run = tiny.Run("run", "method.base=nf4", "export=merged:f32");
        // Tuned and merged model say the same, up to the order of sums.
        Assert.True(Assert.Single(run.Record.Parity).Holds);
        using var tuned = InferenceModel.Open(tiny.Path, run.Saved, null, CpuBackend.Shared(1));
        using var merged = ModelFolder.Open(Directory.GetDirectories(Path.Combine(run.Directory, "export")).Single());
        using var stored = ModelFolder.Open(tiny.Path);
        foreach (var info in stored.Parameters.Where(static i => i.Role == ParameterRole.Matrix))
        {
            var adapter = (LoraAdapter)tuned.Adapters!.All.Single(a => a.Layer.Weight.Name == info.Name);
            var found = merged.Weight(info).ToArray();
            Assert.Equal(Merged(tuned.Context.Folder.Weight(info), adapter), found);
            if (tuned.Context.Folder.Weight(info).Type == DType.NF4)
                Assert.NotEqual(Merged(stored.Weight(info), adapter), found);
        }
    }

    /// <summary>What merging and rounding again cost is in the record, in every report, and judged.</summary>
    [Fact]
    [Trait("SilentFailure", "13")]
    public void The_cost_of_merging_and_of_rounding_again_is_reported()
    {
        using var tiny = new TinyModel();
        var run = tiny.Run("run", "method.base=nf4", "train.max_steps=30");
        var losses = run.Record.Requantised!;
        string[] forms = ["the adapter on the base as stored", "merged, f32", "merged, then q8_0", "merged, then q4_0", "merged, then nf4 again"];
        Assert.Equal(forms, losses.Forms.Select(static f => f.Form));
        Assert.All(losses.Forms, static f => Assert.True(double.IsFinite(f.Loss!.Value)));
        Assert.True(losses.Tuned < losses.Untuned - 0.1);
        Assert.NotEqual(losses.StoredUntuned, losses.Untuned);
        Assert.InRange(losses.Forms[1].Loss!.Value, losses.Tuned - 1e-4, losses.Tuned + 1e-4);
        Assert.NotEqual(losses.Tuned, losses.Forms[4].Loss!.Value);
        foreach (var file in (string[])["report.md", "report.html"])
            Assert.Contains("What it costs to leave the quantised base", File.ReadAllText(Path.Combine(run.Directory, file)), StringComparison.Ordinal);
        Assert.Contains("\"form\": \"merged, then q4_0\"", File.ReadAllText(Path.Combine(run.Directory, "report.json")), StringComparison.Ordinal);
        Assert.Null(tiny.Run("stored", "method.base=stored").Record.Requantised);
    }

    /// <summary>A form that undoes more than a tenth of the gain is warned about, by name; a base where nothing was gained is not judged.</summary>
    [Theory]
    [InlineData(1.05, false)]
    [InlineData(1.5, true)]
    [InlineData(3.0, true)]
    [Trait("SilentFailure", "13")]
    public void A_form_that_undoes_the_tuning_is_warned_about(double loss, bool warns)
    {
        var losses = new RequantisedLosses("nf4", 10, 2.9, 3, 1) { Forms = [new("merged, bf16", 1.001), new("merged, then q4_0", loss), new("merged, then nf4 again", null)] };
        var findings = Findings.Of(new RunRecord { Title = "t", Requantised = losses }).Where(static f => f.Title.Contains("form", StringComparison.Ordinal) || f.Title.Contains("Merging", StringComparison.Ordinal)).ToArray();
        Assert.Equal(warns ? FindingTone.Warning : FindingTone.Good, Assert.Single(findings).Tone);
        Assert.Contains("q4_0", findings[0].Title + findings[0].Evidence, StringComparison.Ordinal);
        Assert.DoesNotContain(Findings.Of(new RunRecord { Title = "t", Requantised = losses with { Tuned = 3.1 } }), static f => f.Title.Contains("form", StringComparison.Ordinal));
    }

    private static float[] Merged(Tensor weight, LoraAdapter adapter)
    {
        var (a, b) = (adapter.A.Value, adapter.B.Value);
        var scale = (double)adapter.Term(adapter.Layer)!.Scale;
        var result = new float[weight.Count];
        for (var o = 0; o < weight.Rows; o++)
        {
            for (var i = 0; i < weight.Cols; i++)
            {
                double delta = 0;
                for (var r = 0; r < a.Rows; r++)
                    delta += b.Read(o, r) * scale * a.Read(r, i);
                result[o * weight.Cols + i] = (float)((float)weight.Read(o, i) + delta);
            }
        }
        return result;
    }
}
