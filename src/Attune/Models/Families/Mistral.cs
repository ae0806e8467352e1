using Attune.Formats;

namespace Attune.Models.Families;

/// <summary>
/// Mistral: Llama with a sliding window in some versions.
/// Source: huggingface/transformers <c>models/mistral/configuration_mistral.py</c>.
/// </summary>
internal static class Mistral
{
    public static ModelFamily Family { get; } = new("mistral", ReadSpec, Llama.Names, Llama.Assemble);

    private static DecoderSpec ReadSpec(HfConfig config)
    {
        var keys = config.Keys;
        // Where the file is silent there is a window; null means none.
        var window = keys.Json.ContainsKey("sliding_window") ? keys.Int("sliding_window", 1) : 4096;
        var spec = Llama.ReadSpec(config);
        return spec with
        {
            MaxPositions = keys.Int("max_position_embeddings", 1) ?? 131072,
            Windows = window is { } tokens ? [.. Enumerable.Repeat(tokens, spec.Layers)] : null,
            QueryKeyValueBias = false,
            OutputBias = false,
            MlpBias = false,
        };
    }
}
