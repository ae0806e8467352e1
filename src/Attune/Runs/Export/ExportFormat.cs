using Attune.Adapters;
using Attune.Problems;

namespace Attune.Runs.Export;

/// <summary>A form in which a model leaves Attune.</summary>
/// <param name="Name">What recipes and flags call it: <c>merged</c>, <c>gguf:q8_0</c>.</param>
/// <param name="Help">One line.</param>
/// <param name="FileName">The name of the file or folder that is written, from the model's name.</param>
/// <param name="Require">Refuses a model that it cannot hold, before anything is trained or written; with the kind of its adapter, if it has one.</param>
/// <param name="Bound">How near the result must come to the model.</param>
/// <param name="Write">Writes it to a path.</param>
/// <param name="Open">Loads what was written, as a stranger would.</param>
public sealed record ExportFormat(
    string Name, string Help, Func<string, string> FileName, Action<ModelContext, AdapterKind?> Require, Func<InferenceModel, ParityBound> Bound, Action<InferenceModel, string> Write, Func<InferenceModel, string, InferenceModel> Open);

/// <summary>The forms. To add one: its file, and its line here.</summary>
public static class ExportFormats
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ExportFormat> All { get; } =
    [
        .. MergedFormat.All,
        .. GgufFormat.All,
        GgufLoraFormat.Row,
        AdapterFormat.Row,
    ];

    /// <summary>The form of that name.</summary>
    /// <exception cref="UserErrorException">There is none.</exception>
    public static ExportFormat Find(string place, string name) => All.FirstOrDefault(f => f.Name == name) ?? throw new UserErrorException(
        $"{place} {name}",
        $"\"{name}\" is not a form that Attune writes",
        Nearest.To(name, All.Select(static f => f.Name)) is { } near ? $"did you mean {near}?" : $"use one of: {string.Join(", ", All.Select(static f => f.Name))}");
}
