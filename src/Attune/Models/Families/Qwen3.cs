using Attune.Formats;

namespace Attune.Models.Families;

/// <summary>
/// Qwen3, dense: Llama with a norm over every head of queries and keys.
/// Source: huggingface/transformers <c>models/qwen3/configuration_qwen3.py</c>, <c>modeling_qwen3.py</c>.
/// </summary>
internal static class Qwen3
{
    public static ModelFamily Family { get; } = new("qwen3", ReadSpec, Names, Assemble);

    private static WeightMap Names => Llama.Names with
    {
        Modules = new Dictionary<ModulePart, string>(Llama.Names.Modules)
        {
            [ModulePart.QueryNorm] = "model.layers.{0}.self_attn.q_norm",
            [ModulePart.KeyNorm] = "model.layers.{0}.self_attn.k_norm",
        },
    };

    private static DecoderSpec ReadSpec(HfConfig config)
    {
        var keys = config.Keys;
        // Not hidden / heads, in no published size: silence would be read as another model.
        keys.RequiredInt("head_dim", 2);
        var spec = Llama.ReadSpec(config);
        return spec with
        {
            MaxPositions = keys.Int("max_position_embeddings", 1) ?? 32768,
            Windows = Qwen2.Windows(keys, spec.Layers),
            MlpBias = false,
        };
    }

    private static Decoder Assemble(DecoderSpec spec, ModuleSource modules) =>
        DecoderBuilder.Assemble(spec, modules, m => new GatedBlock(spec, m, headNorms: true));
}
