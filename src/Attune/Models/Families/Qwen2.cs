using Attune.Formats;

namespace Attune.Models.Families;

/// <summary>
/// Qwen2 and Qwen2.5: Llama with biases on q, k and v.
/// Source: huggingface/transformers <c>models/qwen2/configuration_qwen2.py</c>.
/// </summary>
internal static class Qwen2
{
    private const string Full = "full_attention", Sliding = "sliding_attention";

    public static ModelFamily Family { get; } = new("qwen2", ReadSpec, Llama.Names, Llama.Assemble);

    private static DecoderSpec ReadSpec(HfConfig config)
    {
        var keys = config.Keys;
        if (keys.Bool("use_mrope") == true)
            throw keys.Wrong("use_mrope", "false", "true", "use a model for text alone");
        var spec = Llama.ReadSpec(config);
        return spec with
        {
            MaxPositions = keys.Int("max_position_embeddings", 1) ?? 32768,
            Windows = Windows(keys, spec.Layers),
            QueryKeyValueBias = true,
            OutputBias = false,
            MlpBias = false,
        };
    }

    /// <summary>
    /// <c>layer_types</c> says which blocks have a window; where it is missing they are those from <c>max_window_layers</c> on. None has one
    /// without <c>use_sliding_window</c>.
    /// </summary>
    public static IReadOnlyList<int>? Windows(JsonView keys, int layers)
    {
        var window = keys.Bool("use_sliding_window") == true
            ? keys.Json.ContainsKey("sliding_window") ? keys.Int("sliding_window", 1) : 4096
            : null;
        var full = keys.Int("max_window_layers", 0) ?? 28;
        var types = keys.Strings("layer_types") ?? [.. Enumerable.Range(0, layers).Select(i => window is null || i < full ? Full : Sliding)];
        if (types.Count != layers || types.Any(static t => t is not (Full or Sliding)))
            throw keys.Wrong("layer_types", $"{layers} times {Full} or {Sliding}", string.Join(", ", types));
        if (!types.Contains(Sliding))
            return null;
        if (window is null)
            throw keys.Wrong("layer_types", $"{Full} alone, since there is no sliding_window in use", Sliding, "set use_sliding_window and sliding_window");
        return [.. types.Select(t => t == Sliding ? window.Value : 0)];
    }
}
