using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;
using Attune.Formats;

namespace Attune.Models.Families;

/// <summary>
/// GPT-2 and what else says <c>model_type: gpt2</c> (DistilGPT-2). Weights of linear layers lie by inputs, and so they stay.
/// The dropout of the configuration is training's own affair and not applied.
/// Source: huggingface/transformers <c>models/gpt2/configuration_gpt2.py</c>, <c>modeling_gpt2.py</c>.
/// </summary>
internal static class Gpt2
{
    public static ModelFamily Family { get; } = new("gpt2", ReadSpec, Names, Assemble);

    private static WeightMap Names => new()
    {
        Modules = new Dictionary<ModulePart, string>
        {
            [ModulePart.Embedding] = "transformer.wte",
            [ModulePart.Positions] = "transformer.wpe",
            [ModulePart.AttentionNorm] = "transformer.h.{0}.ln_1",
            [ModulePart.QueryKeyValue] = "transformer.h.{0}.attn.c_attn",
            [ModulePart.Output] = "transformer.h.{0}.attn.c_proj",
            [ModulePart.MlpNorm] = "transformer.h.{0}.ln_2",
            [ModulePart.Up] = "transformer.h.{0}.mlp.c_fc",
            [ModulePart.Down] = "transformer.h.{0}.mlp.c_proj",
            [ModulePart.FinalNorm] = "transformer.ln_f",
            [ModulePart.Head] = "lm_head",
        },
        Prefix = "transformer.",
        LinearsByInputs = true,
        // Causal masks that older versions stored as buffers.
        Ignored = [".attn.bias", ".attn.masked_bias"],
    };

    private static DecoderSpec ReadSpec(HfConfig config)
    {
        const int wide = 1 << 20;
        var keys = config.Keys;
        RefuseVariants(keys);
        var hidden = keys.RequiredInt("n_embd", 1, wide);
        var heads = keys.RequiredInt("n_head", 1, wide);
        if (hidden % heads != 0)
            throw keys.Wrong("n_head", $"a divisor of the hidden size {hidden}", $"{heads}");
        return new DecoderSpec
        {
            Vocabulary = config.VocabSize,
            Hidden = hidden,
            FeedForward = keys.Int("n_inner", 1, wide) ?? 4 * hidden,
            Layers = keys.RequiredInt("n_layer", 1, 4096),
            Heads = heads,
            KeyHeads = heads,
            HeadSize = hidden / heads,
            MaxPositions = keys.Int("n_positions", 1, wide) ?? 1024,
            NormEpsilon = (float)(keys.Double("layer_norm_epsilon", 0, 1) ?? 1e-5),
            Activation = Llama.ReadActivation(keys, "activation_function") ?? Activation.GeluTanh,
            Rope = null,
            TiedHead = config.TieWordEmbeddings ?? true,
            QueryKeyValueBias = true,
            OutputBias = true,
            MlpBias = true,
        };
    }

    // What changes the numbers and no known checkpoint of ordinary use sets. reorder_and_upcast_attn is not among them: it asks for
    // the attention in F32, which is how it is computed here.
    private static void RefuseVariants(JsonView keys)
    {
        const string remedy = "this variant of GPT-2 is not supported: use a model without it";
        if (keys.Bool("scale_attn_weights") == false)
            throw keys.Wrong("scale_attn_weights", "true", "false", remedy);
        foreach (var key in new[] { "scale_attn_by_inverse_layer_idx", "add_cross_attention" })
        {
            if (keys.Bool(key) == true)
                throw keys.Wrong(key, "false", "true", remedy);
        }
    }

    private static Decoder Assemble(DecoderSpec spec, ModuleSource modules)
    {
        var embedding = modules.Table(ModulePart.Embedding, spec.Vocabulary);
        var positions = modules.Table(ModulePart.Positions, spec.MaxPositions);
        var blocks = Enumerable.Range(0, spec.Layers).Select(i => new Block(spec, modules.In(i))).ToArray();
        return new Decoder(spec, embedding, positions, blocks, modules.Norm(ModulePart.FinalNorm, spec.Hidden, bias: true), modules.Head(embedding));
    }

    /// <summary>h = x + O(attention(QKV n)) with n = norm(x); out = h + Down(f(Up m)) with m = norm(h).</summary>
    private sealed class Block : DecoderBlock
    {
        private readonly DecoderSpec spec;
        private readonly Norm attentionNorm, mlpNorm;
        private readonly Fan queryKeyValue, output, up, down;

        public Block(DecoderSpec spec, ModuleSource modules) : base(modules.Block)
        {
            this.spec = spec;
            // Residual branches begin smaller by the root of their number, so that the stream's variance does not grow with depth.
            var residual = 1 / MathF.Sqrt(2 * spec.Layers);
            attentionNorm = modules.Norm(ModulePart.AttentionNorm, spec.Hidden, bias: true);
            queryKeyValue = new Fan(modules.Linear(ModulePart.QueryKeyValue, 3 * spec.Hidden, spec.Hidden, spec.QueryKeyValueBias));
            output = new Fan(modules.Linear(ModulePart.Output, spec.Hidden, spec.Hidden, spec.OutputBias, residual));
            mlpNorm = modules.Norm(ModulePart.MlpNorm, spec.Hidden, bias: true);
            up = new Fan(modules.Linear(ModulePart.Up, spec.FeedForward, spec.Hidden, spec.MlpBias));
            down = new Fan(modules.Linear(ModulePart.Down, spec.Hidden, spec.FeedForward, spec.MlpBias, residual));
        }

        public override IEnumerable<Linear> Linears => [.. queryKeyValue.Layers, .. output.Layers, .. up.Layers, .. down.Layers];

        public override Var Forward(Tape t, Pass pass, Tensor? turns, Var x)
        {
            var qkv = queryKeyValue.Run(t, pass, attentionNorm.Run(t, x))[0];
            var q = t.Run(new Columns(qkv, 0, spec.Hidden));
            var k = t.Run(new Columns(qkv, spec.Hidden, spec.Hidden));
            var v = t.Run(new Columns(qkv, 2 * spec.Hidden, spec.Hidden));
            if (pass.Cache is { } cache)
                (k, v) = cache.Extend(t, Index, pass.Plan, k, v);
            var o = t.Run(new CausalAttention(q, k, v, pass.Plan, spec.AttentionShape(Index)));
            var h = t.Run(new Add(x, output.Run(t, pass, o)[0]));

            var wide = up.Run(t, pass, mlpNorm.Run(t, h))[0];
            return t.Run(new Add(h, down.Run(t, pass, t.Run(new Activate(spec.Activation, wide)))[0]));
        }
    }
}
