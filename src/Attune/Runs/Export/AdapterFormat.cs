using Attune.Adapters;
using Attune.Formats;
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
        var context = model.Context;
        PeftFiles.Save(path, model.Adapters!, context.Folder.Path);
        new AdapterOrigin(context.Folder.Spec.Vocabulary, context.Folder.Fingerprint(), context.Tokenizer.Hash, context.Template?.Hash) { Base = context.Folder.HeldAs }.Write(path);
        if (context.Template is { } template)
            AtomicFile.WriteText(Path.Combine(path, "chat_template.jinja"), template.Source);
    }
}
