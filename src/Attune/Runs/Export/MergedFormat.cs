using Attune.Adapters;
using Attune.Formats;
using Attune.Models;

namespace Attune.Runs.Export;

/// <summary>A Hugging Face folder with the adapter merged into the weights.</summary>
internal static class MergedFormat
{
    public static IEnumerable<ExportFormat> All { get; } =
    [
        Of("merged", "Hugging Face folder, weights in the base's type", null),
        Of("merged:f32", "Hugging Face folder, weights in F32", SafeTensorsType.F32),
        Of("merged:bf16", "Hugging Face folder, weights in BF16", SafeTensorsType.BF16),
        Of("merged:f16", "Hugging Face folder, weights in F16", SafeTensorsType.F16),
    ];

    private static ExportFormat Of(string name, string help, SafeTensorsType? type) => new(
        name,
        help,
        stem => $"{stem}-{name.Replace(':', '-')}",
        static (_, _) => { },
        model => Bound(model, type ?? model.Context.Folder.SavedAs),
        (model, path) => Write(model, path, type ?? model.Context.Folder.SavedAs),
        static (model, path) => InferenceModel.Open(path, null, null, model.Backend));

    private static ParityBound Bound(InferenceModel model, SafeTensorsType type)
    {
        var isSame = type == SafeTensorsType.F32 || type == model.Context.Folder.SavedAs;
        return model.Adapters is null && model.Context.AdapterPath is null && isSame ? ParityBound.Exact : ParityBound.Rounded(type.ToString().ToLowerInvariant());
    }

    private static void Write(InferenceModel model, string path, SafeTensorsType type)
    {
        var folder = model.Context.Folder;
        using (var merged = new MergedWeights(folder, model.Adapters))
            ModelWriter.Save(path, folder, merged.Of, type);
        // An adapter may rule by a template of its own, and its words must go on with the weights.
        if (model.Context.Template is { } template && template.Source != Text.ChatTemplate.FromModel(folder.Files)?.Source)
            AtomicFile.WriteText(Path.Combine(path, "chat_template.jinja"), template.Source);
    }
}
