using Attune.Adapters;
using Attune.Problems;

namespace Attune.Runs.Export;

/// <summary>The adapter alone as a GGUF file, to be applied to the base's GGUF file by llama.cpp or Ollama.</summary>
internal static class GgufLoraFormat
{
    public static ExportFormat Row { get; } = new(
        "gguf-lora",
        "GGUF LoRA adapter for llama.cpp and Ollama",
        static stem => $"{stem}-lora.gguf",
        // The scale is a product of two roundings where it is baked in.
        static model => model.Adapters is { Options: { RankStabilised: false, AlphaPattern.Count: 0 } } ? ParityBound.Exact : ParityBound.Reordered,
        Write,
        static (model, path) => model.WithAdapters(GgufLora.Read(path, model.Context.Folder, model.Decoder)));

    private static void Write(InferenceModel model, string path)
    {
        if (model.Adapters is not { } adapters)
            throw new UserErrorException("gguf-lora", "there is no adapter", "give it with --adapter, or export the model as gguf:f16");
        GgufLora.Write(path, model.Context.Folder, adapters);
        Modelfile.Write(path, model, isAdapter: true);
    }
}
