using Attune.Formats;

namespace Attune.Models.Families;

/// <summary>
/// Qwen2 and Qwen2.5: Llama with biases on q, k and v.
/// Source: huggingface/transformers <c>models/qwen2/configuration_qwen2.py</c>.
/// </summary>
internal static class Qwen2
{
    public static ModelFamily Family { get; } = new("qwen2", ReadSpec, Llama.Names, Llama.Assemble);

    private static DecoderSpec ReadSpec(HfConfig config)
    {
        var keys = config.Keys;
        if (keys.Bool("use_mrope") == true)
            throw keys.Wrong("use_mrope", "false", "true", "use a model for text alone");
        var spec = Llama.ReadSpec(config);
        return spec with
        {
            MaxPositions = Math.Min(keys.Int("max_position_embeddings", 1) ?? 32768, Window(keys, spec.Layers)),
            QueryKeyValueBias = true,
            OutputBias = false,
            MlpBias = false,
        };
    }

    /// <summary>
    /// The longest sequence that a sliding window does not change: up to its length every token sees all before it, with and without
    /// it. What is longer is not taken.
    /// </summary>
    public static int Window(JsonView keys, int layers) =>
        keys.Bool("use_sliding_window") == true && (keys.Int("max_window_layers", 0) ?? 28) < layers
            ? keys.Int("sliding_window", 1) ?? 4096
            : int.MaxValue;
}
