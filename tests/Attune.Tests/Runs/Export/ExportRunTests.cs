using Attune.Engine.Backends;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;
using Attune.Runs;
using Attune.Runs.Export;

namespace Attune.Tests.Runs.Export;

/// <summary>Whole exports of a tuned model: written, loaded again, held against the model.</summary>
public sealed class ExportRunTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    /// <summary>Every form of a tuned model says what the model says; where it is lossless the same ids, and the loss of the rows is reported.</summary>
    [Fact]
    [Trait("SilentFailure", "4")]
    [Trait("SilentFailure", "13")]
    public void Every_form_holds()
    {
        var saved = tiny.Run("run").Saved;
        using var model = InferenceModel.Open(tiny.Path, saved, null, CpuBackend.Shared(1));
        var (prompts, rows) = ExportRun.ReadRows(model, [tiny.Data], new Dictionary<string, string>(), TestContext.Current.CancellationToken);
        Assert.Equal(5, prompts.Count);
        var result = Export(model, new ExportOptions { Formats = ExportFormats.All, Folder = tiny.FileOf("out"), Prompts = prompts, Rows = rows });
        Assert.True(result.Holds, string.Join("\n", result.Forms.Select(static f => f.ToString())));
        foreach (var form in result.Forms.Where(static f => f.Format is "merged" or "merged:f32" or "gguf:f32" or "gguf-lora"))
        {
            Assert.Equal((5, 5, true), (form.Parity.Prompts, form.Parity.SameIds, form.Parity.SamePrompts));
            Assert.Equal(result.Loss!.Value, form.Parity.Loss!.Value, 1e-4);
        }
        Assert.All(result.Forms, static f => Assert.NotNull(f.Parity.Loss));
        Assert.Contains(result.Forms, static f => f is { Format: "gguf:q4_0", Parity.Divergence: > 1e-6 });
        var file = File.ReadAllText(tiny.FileOf("out/model-tuned-q8_0.Modelfile"));
        Assert.Contains("FROM ./model-tuned-q8_0.gguf\n", file, StringComparison.Ordinal);
        Assert.Contains("PARAMETER stop \"<|im_end|>\"\n", file, StringComparison.Ordinal);
        Assert.Contains("{{ else if eq .Role \"user\" }}", Normal(file), StringComparison.Ordinal);
        Assert.Contains("ADAPTER ./model-tuned-lora.gguf\n", File.ReadAllText(tiny.FileOf("out/model-tuned-lora.Modelfile")), StringComparison.Ordinal);
    }

    /// <summary>The merged folder is the base's, byte for byte, but for the weights.</summary>
    [Fact]
    [Trait("SilentFailure", "14")]
    public void A_merged_folder_keeps_every_other_file()
    {
        var saved = tiny.Run("run").Saved;
        using var model = InferenceModel.Open(tiny.Path, saved, null, CpuBackend.Shared(1));
        Export(model, new ExportOptions { Formats = [ExportFormats.Find("", "merged")], Path = tiny.FileOf("merged") });
        foreach (var file in Directory.GetFiles(tiny.Path).Where(static f => !f.EndsWith(".safetensors", StringComparison.Ordinal)))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(tiny.FileOf("merged"), Path.GetFileName(file))));
        using var weights = SafeTensorsModel.Open(tiny.FileOf("merged"));
        Assert.DoesNotContain("lm_head.weight", weights.Entries.Keys);
        Assert.True(HfConfig.ReadFolder(tiny.FileOf("merged")).TieWordEmbeddings);
    }

    /// <summary>A form that says something else does not pass: other weights, and a file whose rows were not reordered.</summary>
    [Fact]
    [Trait("SilentFailure", "4")]
    public void A_broken_form_does_not_hold()
    {
        using var model = InferenceModel.Open(tiny.Path, null, null, CpuBackend.Shared(1));
        var other = tiny.Make("other", 8);
        var wrong = new ExportFormat(
            "wrong", "", static stem => stem, static (_, _) => { }, static _ => ParityBound.Rounded("q4_0"), static (_, path) => File.WriteAllText(path, ""),
            (_, _) => InferenceModel.Open(other, null, null, CpuBackend.Shared(1)));
        var result = Export(model, new ExportOptions { Formats = [wrong], Path = tiny.FileOf("wrong") });
        Assert.False(result.Holds);
        Assert.True(result.Forms[0].Parity.SamePrompts);

        var fewer = tiny.Make("fewer", 7, vocabulary: 280);
        var narrow = wrong with { Open = (_, _) => InferenceModel.Open(fewer, null, null, CpuBackend.Shared(1)) };
        Assert.False(Export(model, new ExportOptions { Formats = [narrow], Path = tiny.FileOf("wrong") }).Holds);
    }

    [Fact]
    public void An_exported_file_is_tuned_and_exported_again()
    {
        using (var model = InferenceModel.Open(tiny.Path, null, null, CpuBackend.Shared(1)))
            Export(model, new ExportOptions { Formats = [ExportFormats.Find("", "gguf:q8_0")], Path = tiny.FileOf("base.gguf") });
        var run = tiny.Run("run", $"model={tiny.FileOf("base.gguf")}", "export=[gguf:q8_0, gguf-lora, merged]");
        Assert.Equal(3, run.Record.Parity.Count);
        Assert.All(run.Record.Parity, static p => Assert.True(p.Holds, p.ToString()));
        Assert.True(File.Exists(Path.Combine(run.Directory, "export", "run-lora.gguf")));
        using var merged = ModelFolder.Open(Path.Combine(run.Directory, "export", "run-merged"));
        Assert.Equal("llama", merged.Family.ModelType);
    }

    [Fact]
    public void What_cannot_be_written_is_refused_before_training()
    {
        Assert.Contains("did you mean gguf:q8_0", Assert.Throws<UserErrorException>(() => tiny.Run("run", "export=gguf:q8-0")).Message, StringComparison.Ordinal);
        Assert.Contains("no adapter", Assert.Throws<UserErrorException>(() => tiny.Run("run", "export=gguf-lora", "method.kind=full", "method.rank=auto")).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(tiny.FileOf("run")));
    }

    private static ExportResult Export(InferenceModel model, ExportOptions options) =>
        ExportRun.Execute(model, options, static _ => { }, TestContext.Current.CancellationToken);

    private static string Normal(string text) => text.ReplaceLineEndings("\n");
}
