using Attune.Engine.Backends;
using Attune.Formats;

namespace Attune.Models.Families;

/// <summary>
/// Llama 2 and 3, SmolLM2, TinyLlama and what else says <c>model_type: llama</c>.
/// Source: huggingface/transformers <c>models/llama/configuration_llama.py</c>.
/// </summary>
internal static class Llama
{
    public static ModelFamily Family { get; } = new("llama", ReadSpec, Names, Assemble);

    /// <summary>Names that most families since Llama share.</summary>
    public static WeightMap Names => new()
    {
        Modules = new Dictionary<ModulePart, string>
        {
            [ModulePart.Embedding] = "model.embed_tokens",
            [ModulePart.AttentionNorm] = "model.layers.{0}.input_layernorm",
            [ModulePart.Query] = "model.layers.{0}.self_attn.q_proj",
            [ModulePart.Key] = "model.layers.{0}.self_attn.k_proj",
            [ModulePart.Value] = "model.layers.{0}.self_attn.v_proj",
            [ModulePart.Output] = "model.layers.{0}.self_attn.o_proj",
            [ModulePart.MlpNorm] = "model.layers.{0}.post_attention_layernorm",
            [ModulePart.Gate] = "model.layers.{0}.mlp.gate_proj",
            [ModulePart.Up] = "model.layers.{0}.mlp.up_proj",
            [ModulePart.Down] = "model.layers.{0}.mlp.down_proj",
            [ModulePart.FinalNorm] = "model.norm",
            [ModulePart.Head] = "lm_head",
        },
        Prefix = "model.",
        Ignored = [".rotary_emb.inv_freq"],
    };

    public static Decoder Assemble(DecoderSpec spec, ModuleSource modules) => DecoderBuilder.Assemble(spec, modules, m => new GatedBlock(spec, m));

    public static DecoderSpec ReadSpec(HfConfig config)
    {
        const int wide = 1 << 20;
        var keys = config.Keys;
        var hidden = keys.RequiredInt("hidden_size", 1, wide);
        var heads = keys.RequiredInt("num_attention_heads", 1, wide);
        var keyHeads = keys.Int("num_key_value_heads", 1, heads) ?? heads;
        if (heads % keyHeads != 0)
            throw keys.Wrong("num_key_value_heads", $"a divisor of the {heads} attention heads", $"{keyHeads}");
        var headSize = HeadSize(keys, hidden, heads);
        if ((long)heads * headSize > wide)
            throw keys.Wrong("num_attention_heads", $"heads that are at most {wide} wide together", $"{heads} heads of {headSize}");
        return new DecoderSpec
        {
            Vocabulary = config.VocabSize,
            Hidden = hidden,
            FeedForward = keys.RequiredInt("intermediate_size", 1, wide),
            Layers = keys.RequiredInt("num_hidden_layers", 1, 4096),
            Heads = heads,
            KeyHeads = keyHeads,
            HeadSize = headSize,
            MaxPositions = keys.Int("max_position_embeddings", 1) ?? 2048,
            NormEpsilon = (float)(keys.Double("rms_norm_eps", 0, 1) ?? 1e-6),
            Activation = ReadActivation(keys, "hidden_act") ?? Activation.Silu,
            Rope = ReadRope(config),
            TiedHead = config.TieWordEmbeddings ?? false,
            QueryKeyValueBias = keys.Bool("attention_bias") ?? false,
            OutputBias = keys.Bool("attention_bias") ?? false,
            MlpBias = keys.Bool("mlp_bias") ?? false,
        };
    }

    private static int HeadSize(JsonView keys, int hidden, int heads)
    {
        var given = keys.Int("head_dim", 2);
        if (given is null && hidden % heads != 0)
            throw keys.Wrong("num_attention_heads", $"a divisor of the hidden size {hidden}, since there is no head_dim", $"{heads}");
        var size = given ?? hidden / heads;
        return size % 2 == 0 ? size : throw keys.Wrong(given is null ? "num_attention_heads" : "head_dim", "heads of an even size", $"{size}");
    }

    /// <summary>The function that <paramref name="key"/> names; null where the file is silent.</summary>
    public static Activation? ReadActivation(JsonView keys, string key) => keys.String(key) switch
    {
        null => null,
        "silu" => Activation.Silu,
        "gelu" => Activation.Gelu,
        "gelu_pytorch_tanh" or "gelu_new" => Activation.GeluTanh,
        var other => throw keys.Wrong(key, "silu, gelu, gelu_pytorch_tanh or gelu_new", $"\"{other}\"", "use a model with one of these"),
    };

    private static RopeSpec ReadRope(HfConfig config)
    {
        var theta = config.RopeTheta ?? 10000;
        if (config.RopeScaling is not { } scaling)
            return new RopeSpec(theta);
        return config.RopeType switch
        {
            "linear" => new RopeSpec(theta, Factor: scaling.RequiredDouble("factor", 1)),
            "llama3" => new RopeSpec(theta, new Llama3RopeScaling(
                scaling.RequiredDouble("factor", 1),
                scaling.RequiredDouble("low_freq_factor", 1e-6),
                scaling.RequiredDouble("high_freq_factor", 1e-6),
                scaling.RequiredDouble("original_max_position_embeddings", 1))),
            var other => throw config.Keys.Wrong("rope_scaling", "none, or of type linear or llama3", other),
        };
    }
}
