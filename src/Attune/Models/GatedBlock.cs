using Attune.Engine.Autograd;
using Attune.Engine.Ops;

namespace Attune.Models;

/// <summary>
/// A pre-norm transformer block of the Llama kind:
/// h = x + O(attention(rope(Q n), rope(K n), V n)) with n = norm(x); out = h + Down(f(Gate m) · Up m) with m = norm(h).
/// </summary>
public sealed class GatedBlock : DecoderBlock
{
    private readonly DecoderSpec spec;
    private readonly Norm attentionNorm, mlpNorm;
    private readonly Fan queryKeyValue, output, gateUp, down;

    private GatedBlock(DecoderSpec spec, ModuleSource modules) : base(modules.Block)
    {
        this.spec = spec;
        var (queries, keys) = (spec.Heads * spec.HeadSize, spec.KeyHeads * spec.HeadSize);
        attentionNorm = modules.Norm(ModulePart.AttentionNorm);
        queryKeyValue = new Fan(
            modules.Linear(ModulePart.Query, queries, spec.Hidden, spec.QueryKeyValueBias),
            modules.Linear(ModulePart.Key, keys, spec.Hidden, spec.QueryKeyValueBias),
            modules.Linear(ModulePart.Value, keys, spec.Hidden, spec.QueryKeyValueBias));
        output = new Fan(modules.Linear(ModulePart.Output, spec.Hidden, queries, spec.OutputBias));
        mlpNorm = modules.Norm(ModulePart.MlpNorm);
        gateUp = new Fan(
            modules.Linear(ModulePart.Gate, spec.FeedForward, spec.Hidden, spec.MlpBias),
            modules.Linear(ModulePart.Up, spec.FeedForward, spec.Hidden, spec.MlpBias));
        down = new Fan(modules.Linear(ModulePart.Down, spec.Hidden, spec.FeedForward, spec.MlpBias));
    }

    /// <inheritdoc />
    public override IEnumerable<Linear> Linears => [.. queryKeyValue.Layers, .. output.Layers, .. gateUp.Layers, .. down.Layers];

    /// <summary>A decoder of such blocks.</summary>
    public static Decoder Assemble(DecoderSpec spec, ModuleSource modules)
    {
        var embedding = modules.Table(ModulePart.Embedding, spec.Vocabulary);
        var blocks = Enumerable.Range(0, spec.Layers).Select(i => new GatedBlock(spec, modules.In(i))).ToArray();
        return new Decoder(spec, embedding, null, blocks, modules.Norm(ModulePart.FinalNorm), modules.Head(embedding));
    }

    /// <inheritdoc />
    public override Var Forward(Tape t, Pass pass, RopeTables? rope, Var x)
    {
        var (positions, frequencies) = rope!;
        var n = attentionNorm.Run(t, x);
        var qkv = queryKeyValue.Run(t, pass, n);
        var q = t.Run(new Rope(qkv[0], spec.HeadSize, positions, frequencies, 1));
        var k = t.Run(new Rope(qkv[1], spec.HeadSize, positions, frequencies, 1));
        var v = qkv[2];
        if (pass.Cache is { } cache)
            (k, v) = cache.Extend(t, Index, pass.Plan, k, v);
        var o = t.Run(new CausalAttention(q, k, v, pass.Plan, spec.AttentionShape));
        var h = t.Run(new Add(x, output.Run(t, pass, o)[0]));

        var m = mlpNorm.Run(t, h);
        var gates = gateUp.Run(t, pass, m);
        var g = t.Run(new Gate(spec.Activation, gates[0], gates[1]));
        return t.Run(new Add(h, down.Run(t, pass, g)[0]));
    }
}
