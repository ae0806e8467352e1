using Attune.Adapters;
using Attune.Engine;
using Attune.Formats;
using Attune.Models.Gguf;

namespace Attune.Runs.Export;

/// <summary>One GGUF file with weights, tokenizer and chat template, the adapter merged; an Ollama Modelfile stands beside it.</summary>
internal static class GgufFormat
{
    public static IEnumerable<ExportFormat> All { get; } = GgufMixture.All.Select(static mixture => new ExportFormat(
        $"gguf:{mixture.Name}",
        $"GGUF for llama.cpp and Ollama, {mixture.Name.ToUpperInvariant()}",
        stem => $"{stem}-{mixture.Name}.gguf",
        static (context, _) => GgufModelWriter.Require(context.Folder, Companions(context, "")),
        model => IsLossless(model, mixture) ? ParityBound.Reordered : ParityBound.Rounded(mixture.Name),
        (model, path) => Write(model, path, mixture),
        static (model, path) => InferenceModel.Open(path, null, null, model.Backend)));

    // Without an adapter, weights of the file's own type go through unchanged.
    private static bool IsLossless(InferenceModel model, GgufMixture mixture) => mixture.Default == DType.F32
        || (model.Adapters is null && model.Decoder.Linears.All(l => l.Weight.Value.Type == mixture.Default && mixture.Default.BlockElements() == 1));

    private static GgufCompanions Companions(ModelContext context, string name) => new(name, context.Tokenizer, context.StopIds, context.Template);

    private static void Write(InferenceModel model, string path, GgufMixture mixture)
    {
        var context = model.Context;
        using (var merged = new MergedWeights(context.Folder, model.Adapters))
        {
            GgufModelWriter.Write(path, context.Folder, merged.Of, mixture, Companions(context, FileStem.Of(path)));
        }
        Modelfile.Write(path, model, isAdapter: false);
    }
}
