using System.Text.Json.Nodes;
using Attune.Formats;

namespace Attune.Adapters;

/// <summary>What adapter_config.json says of adapters of the low-rank kind.</summary>
internal static class LoraConfig
{
    // At PEFT's defaults in every adapter of Attune's.
    private static readonly string[] AlwaysNull = ["layers_pattern", "megatron_config", "corda_config", "eva_config"];

    private static readonly string[] MovesBase = ["pissa", "olora", "corda", "loftq"];

    private static readonly string[] Keys =
    [
        .. AlwaysNull, "layers_to_transform", "r", "lora_alpha", "lora_dropout", "bias", "use_rslora", "use_dora", "init_lora_weights", "rank_pattern",
        "alpha_pattern", "loftq_config", "lora_bias", "megatron_core",
    ];

    /// <summary>LoRA (Hu et al. 2021).</summary>
    public static AdapterKind Row { get; } = new("lora", "LORA", static view => !IsDora(view), Keys, static view => Read(view, new LoraOptions()), Write);

    /// <summary>DoRA (Liu et al. 2024): the same file, with a vector of magnitudes beside A and B.</summary>
    public static AdapterKind Dora { get; } = new("dora", "LORA", IsDora, Keys, static view => Read(view, new DoraOptions()), Write);

    private static bool IsDora(JsonView view) => view.Bool("use_dora") == true;

    private static LoraOptions Read(JsonView view, LoraOptions kind)
    {
        // These begin by taking something off the base's weights: on weights as they are the adapter would mean something else.
        if (view.Json["init_lora_weights"] is JsonValue value && value.TryGetValue<string>(out var init) && MovesBase.FirstOrDefault(m => init.StartsWith(m, StringComparison.OrdinalIgnoreCase)) is not null)
            throw view.Wrong("init_lora_weights", "an adapter for the base as it is", $"\"{init}\", which belongs to a changed base", "save it with PEFT's path_initial_model_for_weight_conversion, which makes a plain LoRA of it");
        if (view.String("bias") is { } bias and not "none")
            throw view.Wrong("bias", "none", bias, "merge the adapter with PEFT first");
        return kind with
        {
            Rank = view.Int("r", 1, 1 << 16) ?? 8,
            Alpha = view.Int("lora_alpha", 1, 1 << 20) ?? 8,
            Dropout = (float)(view.Double("lora_dropout", 0, 1) ?? 0),
            RankStabilised = view.Bool("use_rslora") ?? false,
            Targets = ReadTargets(view),
            RankPattern = ReadPattern(view, "rank_pattern"),
            AlphaPattern = ReadPattern(view, "alpha_pattern"),
        };
    }

    private static void Write(AdapterSet adapters, JsonObject json)
    {
        var options = (LoraOptions)adapters.Options;
        json["r"] = options.Rank;
        json["lora_alpha"] = options.Alpha;
        json["lora_dropout"] = options.Dropout;
        json["bias"] = "none";
        json["use_rslora"] = options.RankStabilised;
        json["use_dora"] = options.Kind == Dora;
        json["init_lora_weights"] = true;
        json["rank_pattern"] = Pattern(options.RankPattern);
        json["alpha_pattern"] = Pattern(options.AlphaPattern);
        json["loftq_config"] = new JsonObject();
        json["lora_bias"] = false;
        json["megatron_core"] = "megatron.core";
        foreach (var key in AlwaysNull)
            json[key] = null;
        json["layers_to_transform"] = PeftConfig.NamesPaths(options.Targets) || options.Targets.Layers is not { } layers ? null : PeftConfig.List(layers);
        if (json["layers_to_transform"] is not null && options.Targets.Containers is { Count: > 0 } containers)
            json["layers_pattern"] = PeftConfig.List(containers);
    }

    private static JsonObject Pattern(IReadOnlyDictionary<string, int> pattern) =>
        new(pattern.Select(static p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));

    private static LayerTargets ReadTargets(JsonView view)
    {
        var layers = view.IntOrList("layers_to_transform", 0, 1 << 16);
        var containers = view.Json["layers_pattern"] is JsonValue ? [view.RequiredString("layers_pattern")] : view.Strings("layers_pattern") ?? [];
        var targets = PeftConfig.ReadTargets(view);
        if (layers.Count == 0)
            return targets;
        if (targets.Expression is not null)
            throw view.Wrong("layers_to_transform", "null beside a target_modules that is one regular expression, as PEFT asks", string.Join(", ", layers), "say the same in the expression");
        return targets.InBlocks(layers, containers);
    }

    private static Dictionary<string, int> ReadPattern(JsonView view, string key)
    {
        if (view.Object(key) is not { } pattern)
            return [];
        foreach (var (name, _) in pattern.Json)
            PeftConfig.CheckExpression(view, key, name);
        return pattern.Json.ToDictionary(static p => p.Key, p => pattern.RequiredInt(p.Key, 1, 1 << 20));
    }
}
