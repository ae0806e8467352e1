using System.Globalization;

namespace Attune.Models;

/// <summary>What a module of a decoder does, whatever its family calls it.</summary>
public enum ModulePart
{
    /// <summary>Embedding table [V, C].</summary>
    Embedding,

    /// <summary>Table of learned positions [positions, C].</summary>
    Positions,

    /// <summary>Norm before the attention.</summary>
    AttentionNorm,

    /// <summary>Query projection.</summary>
    Query,

    /// <summary>Key projection.</summary>
    Key,

    /// <summary>Value projection.</summary>
    Value,

    /// <summary>Query, key and value projection in one, side by side.</summary>
    QueryKeyValue,

    /// <summary>Norm of every head of the queries.</summary>
    QueryNorm,

    /// <summary>Norm of every head of the keys.</summary>
    KeyNorm,

    /// <summary>Output projection of the attention.</summary>
    Output,

    /// <summary>Norm before the MLP.</summary>
    MlpNorm,

    /// <summary>Gate projection of the MLP.</summary>
    Gate,

    /// <summary>Up projection of the MLP.</summary>
    Up,

    /// <summary>Down projection of the MLP.</summary>
    Down,

    /// <summary>Norm behind the last block.</summary>
    FinalNorm,

    /// <summary>Head [V, C].</summary>
    Head,
}

/// <summary>What parts are.</summary>
public static class ModuleParts
{
    /// <summary>Whether the part is a norm.</summary>
    public static bool IsNorm(this ModulePart part) =>
        part is ModulePart.AttentionNorm or ModulePart.QueryNorm or ModulePart.KeyNorm or ModulePart.MlpNorm or ModulePart.FinalNorm;
}

/// <summary>
/// The names that a family's checkpoints use: names are data, nothing else in the program knows them.
/// </summary>
public sealed record WeightMap
{
    /// <summary>Module paths without <c>.weight</c> and <c>.bias</c>; <c>{0}</c> stands for the block's index.</summary>
    public required IReadOnlyDictionary<ModulePart, string> Modules { get; init; }

    /// <summary>What the paths of all modules but the head begin with, and what checkpoints of the bare model, without a head, leave out.</summary>
    public required string Prefix { get; init; }

    /// <summary>Whether weights of linear layers lie by inputs, [in, out], instead of [out, in].</summary>
    public bool LinearsByInputs { get; init; }

    /// <summary>Endings of tensor names that older files hold and no weight needs, such as tables of rotary frequencies.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>The path of a module, of block <paramref name="block"/> if it stands in one.</summary>
    public string Path(ModulePart part, int block = 0) => string.Format(CultureInfo.InvariantCulture, Modules[part], block);

    /// <summary>What the paths of a part end on in every block: <c>self_attn.k_proj</c>; null where the family has no such part in its blocks.</summary>
    public string? Ending(ModulePart part)
    {
        const string index = "{0}.";
        return Modules.TryGetValue(part, out var path) && path.IndexOf(index, StringComparison.Ordinal) is >= 0 and var at ? path[(at + index.Length)..] : null;
    }

    /// <summary>The name of a module's weight.</summary>
    public string Weight(ModulePart part, int block = 0) => Path(part, block) + ".weight";
}
