using Attune.Adapters;
using Attune.Problems;

namespace Attune.Runs.Export;

/// <summary>The adapter alone in PEFT's format: of several, their sum as one.</summary>
internal static class AdapterFormat
{
    public static ExportFormat Row { get; } = new(
        "adapter",
        "PEFT adapter; of several adapters their sum as one",
        static stem => $"{stem}-adapter",
        static (_, kind) =>
        {
            if (kind is null)
                throw new UserErrorException("adapter", "there is no adapter", "give one with --adapter");
        },
        static _ => ParityBound.Exact,
        Write,
        static (model, path) => InferenceModel.Open(model.Context.Folder.Path, path, null, model.Backend));

    private static void Write(InferenceModel model, string path)
    {
        PeftFiles.Save(path, model.Adapters!, model.Context.Folder.Path);
        model.Context.WriteOrigin(path);
    }
}
