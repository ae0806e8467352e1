namespace Attune.Adapters;

/// <summary>
/// Names of tensors in adapter_model.safetensors: the contract with everything else that reads PEFT adapters.
/// Source: huggingface/peft <c>docs/source/developer_guides/checkpoint.md</c>.
/// </summary>
internal static class PeftNames
{
    public const string ConfigFile = "adapter_config.json";
    public const string WeightsFile = "adapter_model.safetensors";
    // What a method puts behind a layer's path.
    private static readonly string[] Markers = [".lora_", ".ia3_"];

    public const string Prefix = "base_model.model.";

    /// <summary>The layer that a tensor of the file belongs to.</summary>
    public static string LayerOf(string tensor) =>
        Markers.Select(m => tensor.LastIndexOf(m, StringComparison.Ordinal)).Max() is > 0 and var at ? tensor[..at] : tensor;

    public static string A(string layerPath) => $"{Prefix}{layerPath}.lora_A.weight";

    public static string Magnitude(string layerPath) => $"{Prefix}{layerPath}.lora_magnitude_vector";

    public static string Ia3(string layerPath) => $"{Prefix}{layerPath}.ia3_l";

    public static string B(string layerPath) => $"{Prefix}{layerPath}.lora_B.weight";
}
