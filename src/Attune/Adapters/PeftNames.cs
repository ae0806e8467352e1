namespace Attune.Adapters;

/// <summary>
/// Names of tensors in adapter_model.safetensors: the contract with everything else that reads PEFT adapters.
/// Source: huggingface/peft <c>docs/source/developer_guides/checkpoint.md</c>.
/// </summary>
internal static class PeftNames
{
    public const string ConfigFile = "adapter_config.json";
    public const string WeightsFile = "adapter_model.safetensors";
    public const string Prefix = "base_model.model.";

    public static string A(string layerPath) => $"{Prefix}{layerPath}.lora_A.weight";

    public static string B(string layerPath) => $"{Prefix}{layerPath}.lora_B.weight";
}
