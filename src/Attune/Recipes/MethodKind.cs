using Attune.Adapters;

namespace Attune.Recipes;

/// <summary>A way to tune: which adapters are made of a recipe's method, or which of the model's own weights train.</summary>
/// <param name="Name">The word in recipes.</param>
/// <param name="Title">Its name in reports.</param>
/// <param name="Rate">Highest learning rate that is usual at width 4096.</param>
public sealed record MethodKind(string Name, string Title, double Rate)
{
    /// <summary>Low-rank adapters (Hu et al. 2021).</summary>
    public static MethodKind Lora { get; } = new("lora", "LoRA", 2e-4) { Adapter = static m => LowRank(m, new LoraOptions()), HasRank = true };

    /// <summary>All weights.</summary>
    public static MethodKind Full { get; } = new("full", "full tuning", 2e-5);

    /// <summary>The table. To add a method: its row here.</summary>
    public static IReadOnlyList<MethodKind> All { get; } = [Lora, Full];

    /// <summary>The adapters of a method whose values are all resolved, on every block; null where weights train themselves.</summary>
    public Func<MethodRecipe, AdapterOptions>? Adapter { get; init; }

    /// <summary>Where weights train themselves: which.</summary>
    public Selection Selection { get; init; } = Selection.All;

    /// <summary>Whether rank, alpha and dropout mean something.</summary>
    public bool HasRank { get; init; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    private static AdapterOptions LowRank(MethodRecipe method, LoraOptions kind) => kind with
    {
        Rank = method.Rank!.Value,
        Alpha = method.Alpha!.Value,
        Dropout = (float)method.Dropout,
        Targets = LayerTargets.Of(method.Targets),
    };
}
