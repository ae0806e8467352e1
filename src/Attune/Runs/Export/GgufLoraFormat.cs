using Attune.Adapters;
using Attune.Models.Gguf;
using Attune.Problems;

namespace Attune.Runs.Export;

/// <summary>The adapter alone as a GGUF file, to be applied to the base's GGUF file by llama.cpp or Ollama.</summary>
internal static class GgufLoraFormat
{
    public static ExportFormat Row { get; } = new(
        "gguf-lora",
        "GGUF LoRA adapter for llama.cpp and Ollama",
        static stem => $"{stem}-lora.gguf",
        static (context, kind) =>
        {
            GgufArchitectures.Of(context.Folder);
            if (kind is null)
                throw new UserErrorException("gguf-lora", "there is no adapter", "write the model as gguf:f16, or tune with method.kind: lora");
            if (kind != AdapterKinds.Lora)
                throw new UserErrorException("gguf-lora", $"holds matrices A and B and nothing else, and the adapter is a {kind.Name}", "write the model as gguf:f16 with the adapter merged, or tune with method.kind: lora");
        },
        // The scale is a product of two roundings where it is baked in.
        static model => model.Adapters is { Options: LoraOptions { RankStabilised: false, AlphaPattern.Count: 0 } } ? ParityBound.Exact : ParityBound.Reordered,
        Write,
        static (model, path) => model.WithAdapters(GgufLora.Read(path, model.Context.Folder, model.Decoder)));

    private static void Write(InferenceModel model, string path)
    {
        GgufLora.Write(path, model.Context.Folder, model.Adapters!);
        Modelfile.Write(path, model, isAdapter: true);
    }
}
