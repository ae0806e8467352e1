using System.Globalization;
using System.Text.Json.Nodes;
using Attune.Engine.Backends;
using Attune.Formats.Gguf;
using Attune.Problems;

namespace Attune.Models.Gguf;

/// <summary>A family in the words of GGUF: what its tensors and keys are called there, and how both ways are read.</summary>
/// <param name="Name">Value of <c>general.architecture</c>, and the beginning of its keys.</param>
/// <param name="ModelType">The family's name in config.json.</param>
/// <param name="ClassName">The class that config.json names.</param>
/// <param name="Modules">Names of tensors without <c>.weight</c> and <c>.bias</c>; <c>{0}</c> stands for the block's index.</param>
/// <param name="Turned">Parts whose rows lie in the order of ggml's rotation; see <see cref="RotaryRows"/>.</param>
/// <param name="Describe">Keys of a model, without the architecture's name in front.</param>
/// <param name="ReadConfig">The other way: keys of config.json that are this family's own.</param>
internal sealed record GgufArchitecture(
    string Name, string ModelType, string ClassName, IReadOnlyDictionary<ModulePart, string> Modules, IReadOnlyList<ModulePart> Turned,
    Func<DecoderSpec, IEnumerable<GgufEntry>> Describe, Func<GgufKeys, JsonObject> ReadConfig)
{
    /// <summary>Whether a tensor may hold what each frequency of its positions is divided by.</summary>
    public bool HasRopeFactors => Name == "llama";

    /// <summary>The name of a module's tensors, in block <paramref name="block"/> if it stands in one.</summary>
    public string Path(ModulePart part, int block) => string.Format(CultureInfo.InvariantCulture, Modules[part], block);
}

/// <summary>What a file says of its own architecture: metadata below the architecture's name, and which tensors there are.</summary>
internal sealed record GgufKeys(string Architecture, GgufFile File)
{
    public GgufMetadata Metadata => File.Metadata;

    public string At(string key) => $"{Architecture}.{key}";

    public int RequiredInt(string key) => Metadata.RequiredInt(At(key), 1);

    public int? Int(string key) => Metadata.Int(At(key), 1);

    public bool HasTensor(string name) => File.Tensors.ContainsKey(name);
}

/// <summary>The architectures that Attune writes and reads. To add one: its line here, and its names below.</summary>
internal static class GgufArchitectures
{
    /// <summary>Factors by which Llama 3 slows each of its rotary frequencies.</summary>
    public const string RopeFactors = "rope_freqs.weight";

    private static readonly Dictionary<ModulePart, string> GatedNames = new()
    {
        [ModulePart.Embedding] = "token_embd",
        [ModulePart.AttentionNorm] = "blk.{0}.attn_norm",
        [ModulePart.Query] = "blk.{0}.attn_q",
        [ModulePart.Key] = "blk.{0}.attn_k",
        [ModulePart.Value] = "blk.{0}.attn_v",
        [ModulePart.Output] = "blk.{0}.attn_output",
        [ModulePart.MlpNorm] = "blk.{0}.ffn_norm",
        [ModulePart.Gate] = "blk.{0}.ffn_gate",
        [ModulePart.Up] = "blk.{0}.ffn_up",
        [ModulePart.Down] = "blk.{0}.ffn_down",
        [ModulePart.FinalNorm] = "output_norm",
        [ModulePart.Head] = "output",
    };

    private static readonly Dictionary<ModulePart, string> Qwen3Names = new(GatedNames)
    {
        [ModulePart.QueryNorm] = "blk.{0}.attn_q_norm",
        [ModulePart.KeyNorm] = "blk.{0}.attn_k_norm",
    };

    private static readonly Dictionary<ModulePart, string> Gpt2Names = new()
    {
        [ModulePart.Embedding] = "token_embd",
        [ModulePart.Positions] = "position_embd",
        [ModulePart.AttentionNorm] = "blk.{0}.attn_norm",
        [ModulePart.QueryKeyValue] = "blk.{0}.attn_qkv",
        [ModulePart.Output] = "blk.{0}.attn_output",
        [ModulePart.MlpNorm] = "blk.{0}.ffn_norm",
        [ModulePart.Up] = "blk.{0}.ffn_up",
        [ModulePart.Down] = "blk.{0}.ffn_down",
        [ModulePart.FinalNorm] = "output_norm",
        [ModulePart.Head] = "output",
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<GgufArchitecture> All { get; } =
    [
        new("llama", "llama", "LlamaForCausalLM", GatedNames, [ModulePart.Query, ModulePart.Key], DescribeGated, ReadLlama),
        // A name of its own in config.json alone; read back it is a llama, as which it computes.
        new("llama", "mistral", "MistralForCausalLM", GatedNames, [ModulePart.Query, ModulePart.Key], DescribeGated, ReadLlama),
        new("qwen2", "qwen2", "Qwen2ForCausalLM", GatedNames, [], DescribeGated, ReadGated),
        new("qwen3", "qwen3", "Qwen3ForCausalLM", Qwen3Names, [], DescribeGated, ReadGated),
        new("gpt2", "gpt2", "GPT2LMHeadModel", Gpt2Names, [], DescribeGpt2, ReadGpt2),
    ];

    /// <summary>The architecture of a family.</summary>
    /// <exception cref="UserErrorException">It has none that Attune writes, or none that computes this model.</exception>
    public static GgufArchitecture Of(ModelFolder folder)
    {
        const string remedy = "merge into a Hugging Face folder instead";
        var found = All.FirstOrDefault(a => a.ModelType == folder.Family.ModelType) ?? throw new UserErrorException(
            folder.Path, $"GGUF is written for {string.Join(", ", All.Select(static a => a.ModelType))}, not for {folder.Family.ModelType}", remedy);
        return folder.Spec.Rope?.Scaling is null || found.HasRopeFactors ? found : throw new UserErrorException(
            folder.Path, $"its positions are scaled as Llama 3's, by factors that only llama's GGUF has, not that of {folder.Family.ModelType}", remedy);
    }

    /// <summary>The architecture that a file names.</summary>
    /// <exception cref="UserErrorException">It is none of those known.</exception>
    public static GgufArchitecture Of(GgufMetadata metadata)
    {
        var name = metadata.RequiredString("general.architecture");
        return All.FirstOrDefault(a => a.Name == name) ?? throw metadata.Wrong(
            "general.architecture", "an architecture that Attune knows", $"\"{name}\"", $"use a model of: {string.Join(", ", All.Select(static a => a.Name))}");
    }

    // llama.cpp computes these architectures without windows.
    private static IEnumerable<GgufEntry> DescribeCommon(DecoderSpec spec) =>
    [
        new("context_length", (uint)spec.WithoutWindows.MaxPositions), new("embedding_length", (uint)spec.Hidden), new("block_count", (uint)spec.Layers),
        new("feed_forward_length", (uint)spec.FeedForward), new("attention.head_count", (uint)spec.Heads), new("vocab_size", (uint)spec.Vocabulary),
    ];

    private static IEnumerable<GgufEntry> DescribeGated(DecoderSpec spec)
    {
        Require(spec, Activation.Silu);
        return
        [
            .. DescribeCommon(spec), new("attention.head_count_kv", (uint)spec.KeyHeads), new("attention.key_length", (uint)spec.HeadSize),
            new("attention.value_length", (uint)spec.HeadSize), new("attention.layer_norm_rms_epsilon", spec.NormEpsilon),
            new("rope.freq_base", (float)spec.Rope!.Theta), new("rope.dimension_count", (uint)spec.HeadSize),
            .. spec.Rope.Factor == 1 ? Array.Empty<GgufEntry>() : [new("rope.scaling.type", "linear"), new("rope.scaling.factor", (float)spec.Rope.Factor)],
        ];
    }

    private static IEnumerable<GgufEntry> DescribeGpt2(DecoderSpec spec)
    {
        Require(spec, Activation.GeluTanh);
        return [.. DescribeCommon(spec), new("attention.layer_norm_epsilon", spec.NormEpsilon)];
    }

    // The architecture's name alone says which function llama.cpp computes.
    private static void Require(DecoderSpec spec, Activation activation)
    {
        if (spec.Activation != activation)
            throw new UserErrorException("config.json", $"the MLP's function is {spec.Activation}; llama.cpp computes {activation} for this architecture", "merge into a Hugging Face folder instead");
    }

    private static JsonObject ReadLlama(GgufKeys keys)
    {
        var config = ReadGated(keys);
        config["attention_bias"] = keys.HasTensor("blk.0.attn_q.bias");
        config["mlp_bias"] = keys.HasTensor("blk.0.ffn_gate.bias");
        if (!keys.File.Tensors.TryGetValue(RopeFactors, out var factors))
            return config;
        if (config["rope_scaling"] is not null)
            throw keys.Metadata.Wrong(keys.At("rope.scaling.factor"), $"none beside {RopeFactors}", "another", "use a model with one kind of scaling");
        config["rope_scaling"] = RopeFactorTable.Read(keys.File, factors, config["head_dim"]!.GetValue<int>(), config["rope_theta"]!.GetValue<double>());
        return config;
    }

    private static JsonObject ReadGated(GgufKeys keys)
    {
        var (hidden, heads) = (keys.RequiredInt("embedding_length"), keys.RequiredInt("attention.head_count"));
        return new JsonObject
        {
            ["hidden_size"] = hidden,
            ["intermediate_size"] = keys.RequiredInt("feed_forward_length"),
            ["num_hidden_layers"] = keys.RequiredInt("block_count"),
            ["num_attention_heads"] = heads,
            ["num_key_value_heads"] = keys.Int("attention.head_count_kv") ?? heads,
            ["head_dim"] = keys.Int("attention.key_length") ?? keys.Int("rope.dimension_count") ?? hidden / heads,
            ["max_position_embeddings"] = keys.RequiredInt("context_length"),
            ["rms_norm_eps"] = keys.Metadata.RequiredNumber(keys.At("attention.layer_norm_rms_epsilon")),
            ["rope_theta"] = keys.Metadata.Number(keys.At("rope.freq_base")) ?? 10000.0,
            ["rope_scaling"] = ReadLinearScaling(keys),
            ["hidden_act"] = "silu",
        };
    }

    // As llama.cpp reads it: what names no type is linear, the older key counts where the newer is not there, and a factor of 0 is none.
    private static JsonObject? ReadLinearScaling(GgufKeys keys)
    {
        if (keys.Metadata.String(keys.At("rope.scaling.type")) is { } type and not "linear")
            return type == "none" ? null : throw keys.Metadata.Wrong(keys.At("rope.scaling.type"), "none or linear", $"\"{type}\"", "use a model without this scaling");
        var key = keys.At(keys.Metadata.Has(keys.At("rope.scaling.factor")) ? "rope.scaling.factor" : "rope.scale_linear");
        return keys.Metadata.Number(key) switch
        {
            null or 0 or 1 => null,
            >= 1 and var factor => new JsonObject { ["rope_type"] = "linear", ["factor"] = factor },
            var factor => throw keys.Metadata.Wrong(key, "a factor of 1 or more, or 0 for none", factor.Value.ToString(CultureInfo.InvariantCulture)),
        };
    }

    private static JsonObject ReadGpt2(GgufKeys keys) => new()
    {
        ["n_embd"] = keys.RequiredInt("embedding_length"),
        ["n_inner"] = keys.RequiredInt("feed_forward_length"),
        ["n_layer"] = keys.RequiredInt("block_count"),
        ["n_head"] = keys.RequiredInt("attention.head_count"),
        ["n_positions"] = keys.RequiredInt("context_length"),
        ["layer_norm_epsilon"] = keys.Metadata.RequiredNumber(keys.At("attention.layer_norm_epsilon")),
        ["activation_function"] = "gelu_new",
    };
}
