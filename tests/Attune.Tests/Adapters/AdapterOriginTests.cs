using Attune.Adapters;
using Attune.Formats;
using Attune.Models;
using Attune.Tests.Formats;
using Attune.Tests.Models;
using Attune.Training;

namespace Attune.Tests.Adapters;

/// <summary>An adapter never goes onto another base without a word.</summary>
public class AdapterOriginTests
{
    private static AdapterOrigin Of(ModelFolder model, int? vocabulary = null) => new(vocabulary ?? model.Spec.Vocabulary, model.Fingerprint(), "hash", null);

    [Fact]
    public void What_is_written_is_read()
    {
        using var temp = new TempFolder();
        Assert.Null(AdapterOrigin.Read(temp.Path));
        var origin = new AdapterOrigin(97, "abc", "def", "ghi");
        origin.Write(temp.Path);
        Assert.Equal(origin, AdapterOrigin.Read(temp.Path));
        (origin with { TemplateHash = null }).Write(temp.Path);
        Assert.Null(AdapterOrigin.Read(temp.Path)!.TemplateHash);
    }

    [Fact]
    [Trait("SilentFailure", "12")]
    public void Its_own_base_is_accepted_and_another_is_explained()
    {
        using var tied = ModelFolder.Open(ModelFixture.PathOf("llama-tied"));
        using var untied = ModelFolder.Open(ModelFixture.PathOf("llama-untied"));
        Assert.Empty(Of(tied).Check("adapter", tied));
        var other = Assert.Single(Of(tied).Check("adapter", untied));
        Assert.Contains("other weights", other.Message, StringComparison.Ordinal);
        var vocabulary = Assert.Single(Of(tied, 96).Check("adapter", tied));
        Assert.Contains("vocabulary of 96 tokens", vocabulary.Message, StringComparison.Ordinal);
        Assert.Contains("has 97", vocabulary.Message, StringComparison.Ordinal);
        Assert.Contains("never resized silently", vocabulary.Remedy, StringComparison.Ordinal);
    }

    /// <summary>One step of tuning the base is enough for it to be another base.</summary>
    [Fact]
    [Trait("SilentFailure", "12")]
    public void A_tuned_base_is_another_base()
    {
        using var temp = new TempFolder();
        using var fixture = new ModelFixture("llama-tied");
        using var arena = TestBackends.NewArena();
        var backend = TestBackends.Make(TestBackends.F32);
        using var model = fixture.Build(backend, arena);
        fixture.Gradients(model, backend, arena, Engine.Autograd.Keep.Saved, fixture.Ids.Length, [0, 1, 2]);
        new AdamW(model.Weights, backend, new AdamWOptions()).Step(1e-5, 1, 1);
        ModelWriter.Save(temp.File("tuned"), fixture.Folder, info => model.Weights.Find(info.Name)!.Value, SafeTensorsType.F32);
        using var tuned = ModelFolder.Open(temp.File("tuned"));
        Assert.NotEmpty(Of(fixture.Folder).Check("adapter", tuned));
    }
}
