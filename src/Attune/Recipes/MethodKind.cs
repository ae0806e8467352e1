using Attune.Adapters;
using Attune.Models;

namespace Attune.Recipes;

/// <summary>A way to tune: which adapters are made of a recipe's method, or which of the model's own weights train.</summary>
/// <param name="Name">The word in recipes.</param>
/// <param name="Title">Its name in reports.</param>
/// <param name="Rate">Highest learning rate at width 4096; see <see cref="Runs.Choices.LearningRate"/>.</param>
/// <param name="Growth">The power of 4096 / width that it grows with.</param>
public sealed record MethodKind(string Name, string Title, double Rate, double Growth)
{
    /// <summary>Low-rank adapters (Hu et al. 2021).</summary>
    public static MethodKind Lora { get; } = new("lora", "LoRA", 2e-4, 1)
    {
        Adapter = static (m, _) => LowRank(m, m.Init == LowRankStart.Pissa ? new PissaOptions() : new LoraOptions()),
        OnDisk = AdapterKinds.Lora,
        HasRank = true,
    };

    /// <summary>Low-rank adapters with magnitudes (Liu et al. 2024).</summary>
    public static MethodKind Dora { get; } = new("dora", "DoRA", 2e-4, 1)
    {
        Adapter = static (m, _) => LowRank(m, new DoraOptions()),
        OnDisk = AdapterKinds.Dora,
        HasRank = true,
    };

    /// <summary>Vectors (Liu et al. 2022), whose paper takes 3e-3.</summary>
    public static MethodKind Ia3 { get; } = new("ia3", "IA³", 3e-3, 1.5)
    {
        Adapter = static (m, names) => new Ia3Options
        {
            Targets = LayerTargets.Of(m.Targets),
            FeedForward = LayerTargets.EndingOn(new[] { names.Ending(ModulePart.Down) }.OfType<string>()),
        },
        OnDisk = AdapterKinds.Ia3,
        Targets = [ModulePart.Key, ModulePart.Value, ModulePart.QueryKeyValue, ModulePart.Down],
    };

    /// <summary>All weights.</summary>
    public static MethodKind Full { get; } = new("full", "full tuning", 2e-5, 1.5);

    /// <summary>Biases (Ben Zaken et al. 2022).</summary>
    public static MethodKind BitFit { get; } = new("bitfit", "BitFit", 1e-3, 0.5) { Selection = WeightSelection.Biases };

    /// <summary>Norms.</summary>
    public static MethodKind Norms { get; } = new("norms", "norm tuning", 3e-3, 1) { Selection = WeightSelection.Norms };

    /// <summary>The table. To add a method: its row here.</summary>
    public static IReadOnlyList<MethodKind> All { get; } = [Lora, Dora, Ia3, Full, BitFit, Norms];

    /// <summary>The adapters of a method whose values are all resolved, on every block, by the names of a family; null where weights train themselves.</summary>
    public Func<MethodRecipe, WeightMap, AdapterOptions>? Adapter { get; init; }

    /// <summary>What the adapters are in files.</summary>
    public AdapterKind? OnDisk { get; init; }

    /// <summary>Where weights train themselves: which.</summary>
    public WeightSelection Selection { get; init; } = WeightSelection.All;

    /// <summary>Whether rank, alpha and dropout mean something.</summary>
    public bool HasRank { get; init; }

    /// <summary>Parts that are adapted where nothing else is said; empty for every linear layer.</summary>
    public IReadOnlyList<ModulePart> Targets { get; init; } = [];

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    private static LoraOptions LowRank(MethodRecipe method, LoraOptions kind) => kind with
    {
        Rank = method.Rank!.Value,
        Alpha = method.Alpha!.Value,
        Dropout = (float)method.Dropout,
        RankStabilised = method.Scale == RankScale.RootRank,
        RateOfB = (float)method.LoraPlus,
        Targets = LayerTargets.Of(method.Targets),
    };
}
