using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Ops;

namespace Attune.Models;

/// <summary>O(attention(rope(Q n), rope(K n), V n)), with every head of queries and keys normed before it turns where there are norms for it.</summary>
public sealed class RotaryAttention
{
    private readonly DecoderSpec spec;
    private readonly int block;
    private readonly Fan queryKeyValue, output;
    private readonly Norm? queryNorm, keyNorm;

    /// <summary>The attention of one block.</summary>
    /// <param name="spec">Sizes.</param>
    /// <param name="modules">Makes the modules.</param>
    /// <param name="headNorms">Whether heads of queries and keys are normed.</param>
    public RotaryAttention(DecoderSpec spec, ModuleSource modules, bool headNorms = false)
    {
        (this.spec, block) = (spec, modules.Block);
        var (queries, keys) = (spec.Heads * spec.HeadSize, spec.KeyHeads * spec.HeadSize);
        queryKeyValue = new Fan(
            modules.Linear(ModulePart.Query, queries, spec.Hidden, spec.QueryKeyValueBias),
            modules.Linear(ModulePart.Key, keys, spec.Hidden, spec.QueryKeyValueBias),
            modules.Linear(ModulePart.Value, keys, spec.Hidden, spec.QueryKeyValueBias));
        if (headNorms)
            (queryNorm, keyNorm) = (modules.Norm(ModulePart.QueryNorm, spec.HeadSize), modules.Norm(ModulePart.KeyNorm, spec.HeadSize));
        output = new Fan(modules.Linear(ModulePart.Output, spec.Hidden, queries, spec.OutputBias));
    }

    /// <summary>The linear layers, in the order in which they run.</summary>
    public IEnumerable<Linear> Linears => [.. queryKeyValue.Layers, .. output.Layers];

    /// <summary>What the attention adds to the residual stream, [T, C].</summary>
    /// <param name="t">The tape.</param>
    /// <param name="pass">What varies.</param>
    /// <param name="turns">Cosines and sines of the rotary positions.</param>
    /// <param name="n">The normed stream, [T, C].</param>
    public Var Run(Tape t, Pass pass, Tensor turns, Var n)
    {
        var qkv = queryKeyValue.Run(t, pass, n);
        var q = Turn(t, turns, queryNorm, qkv[0]);
        var k = Turn(t, turns, keyNorm, qkv[1]);
        var v = qkv[2];
        if (pass.Cache is { } cache)
            (k, v) = cache.Extend(t, block, pass.Plan, k, v);
        return output.Run(t, pass, t.Run(new CausalAttention(q, k, v, pass.Plan, spec.AttentionShape(block))))[0];
    }

    private Var Turn(Tape t, Tensor turns, Norm? norm, Var heads)
    {
        if (norm is not null)
        {
            var (rows, cols) = (heads.Value.Rows, heads.Value.Cols);
            var each = norm.Run(t, t.Run(new Reshape(heads, rows * (cols / spec.HeadSize), spec.HeadSize)));
            heads = t.Run(new Reshape(each, rows, cols));
        }
        return t.Run(new Rope(heads, spec.HeadSize, turns));
    }
}
