using System.Text.Json.Nodes;
using Attune.Formats;

namespace Attune.Adapters;

/// <summary>A kind of adapter as files know it.</summary>
/// <param name="Name">What Attune calls it: <c>lora</c>.</param>
/// <param name="PeftType">PEFT's <c>peft_type</c>.</param>
/// <param name="IsMeant">Tells the kinds of one <paramref name="PeftType"/> apart.</param>
/// <param name="Keys">Keys of adapter_config.json, beyond those of every kind, that are read, or that change nothing.</param>
/// <param name="Read">Its options from adapter_config.json; refuses what Attune cannot apply.</param>
/// <param name="Write">Puts its own keys into adapter_config.json.</param>
public sealed record AdapterKind(
    string Name, string PeftType, Func<JsonView, bool> IsMeant, IReadOnlyList<string> Keys, Func<JsonView, AdapterOptions> Read, Action<AdapterSet, JsonObject> Write);

/// <summary>The kinds. To add one: its options and its adapter in a file or two, its keys on disk in a third, and its line here.</summary>
public static class AdapterKinds
{
    /// <summary>LoRA (Hu et al. 2021), however it is scaled and wherever it began.</summary>
    public static AdapterKind Lora => LoraConfig.Row;

    /// <summary>DoRA (Liu et al. 2024).</summary>
    public static AdapterKind Dora => LoraConfig.Dora;

    /// <summary>IA³ (Liu et al. 2022).</summary>
    public static AdapterKind Ia3 => Ia3Config.Row;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<AdapterKind> All { get; } = [Lora, Dora, Ia3];

    /// <summary>The kind that an adapter_config.json is of.</summary>
    /// <exception cref="Problems.UserErrorException">Attune does not know it.</exception>
    internal static AdapterKind Of(JsonView config)
    {
        var type = config.RequiredString("peft_type");
        return All.FirstOrDefault(k => k.PeftType == type && k.IsMeant(config))
            ?? throw config.Wrong("peft_type", string.Join(" or ", All.Select(static k => k.PeftType).Distinct()), type, "merge the adapter with PEFT first");
    }
}
