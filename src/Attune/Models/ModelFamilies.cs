using Attune.Formats;
using Attune.Models.Families;
using Attune.Problems;

namespace Attune.Models;

/// <summary>A family of architectures: how its configuration reads and what its checkpoints call things.</summary>
/// <param name="ModelType"><c>model_type</c> of config.json.</param>
/// <param name="ReadSpec">config.json → sizes.</param>
/// <param name="Names">Names in checkpoints.</param>
/// <param name="Assemble">Sizes → a decoder of modules that the source makes.</param>
public sealed record ModelFamily(string ModelType, Func<HfConfig, DecoderSpec> ReadSpec, WeightMap Names, Func<DecoderSpec, ModuleSource, Decoder> Assemble);

/// <summary>The families that Attune knows. To add one: its file, and its line here.</summary>
public static class ModelFamilies
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } =
    [
        Gpt2.Family,
        Llama.Family,
        Mistral.Family,
        Qwen2.Family,
        Qwen3.Family,
    ];

    /// <summary>The family that <paramref name="config"/> names.</summary>
    /// <exception cref="UserErrorException">It is none of those known.</exception>
    public static ModelFamily Of(HfConfig config) =>
        All.FirstOrDefault(f => f.ModelType == config.ModelType) ?? throw new UserErrorException(
            $"{config.Keys.File}, model_type",
            $"\"{config.ModelType}\" is not an architecture that Attune knows",
            $"use a model of: {string.Join(", ", All.Select(static f => f.ModelType))}");
}
