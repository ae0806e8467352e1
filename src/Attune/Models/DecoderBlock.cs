using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Ops;

namespace Attune.Models;

/// <summary>
/// A pre-norm transformer block of the Llama kind:
/// h = x + O(attention(rope(Q n), rope(K n), V n)) with n = norm(x); out = h + Down(f(Gate m) · Up m) with m = norm(h).
/// </summary>
public sealed class DecoderBlock
{
    /// <summary>Index of the block, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Norm before the attention: [1, C].</summary>
    public required Parameter AttentionNorm { get; init; }

    /// <summary>Queries, keys and values.</summary>
    public required Fan QueryKeyValue { get; init; }

    /// <summary>Output projection of the attention.</summary>
    public required Fan Output { get; init; }

    /// <summary>Norm before the MLP: [1, C].</summary>
    public required Parameter MlpNorm { get; init; }

    /// <summary>Gate and up projections.</summary>
    public required Fan GateUp { get; init; }

    /// <summary>Down projection.</summary>
    public required Fan Down { get; init; }

    /// <summary>All linear layers, in the order in which they run.</summary>
    public IEnumerable<Linear> Linears => [.. QueryKeyValue.Layers, .. Output.Layers, .. GateUp.Layers, .. Down.Layers];

    /// <summary>Runs the block on x: [T, C].</summary>
    /// <param name="t">The tape.</param>
    /// <param name="pass">What varies.</param>
    /// <param name="spec">Sizes.</param>
    /// <param name="rope">Positions [1, T] I32 and frequencies [1, D/2].</param>
    /// <param name="x">Residual stream.</param>
    public Var Forward(Tape t, Pass pass, DecoderSpec spec, RopeTables rope, Var x)
    {
        var n = t.Run(new RmsNorm(x, AttentionNorm, spec.NormEpsilon));
        var qkv = QueryKeyValue.Run(t, pass, n);
        var q = t.Run(new Rope(qkv[0], spec.HeadSize, rope.Positions, rope.Frequencies, 1));
        var k = t.Run(new Rope(qkv[1], spec.HeadSize, rope.Positions, rope.Frequencies, 1));
        var v = qkv[2];
        if (pass.Cache is { } cache)
            (k, v) = cache.Extend(t, Index, pass.Plan, k, v);
        var o = t.Run(new CausalAttention(q, k, v, pass.Plan, spec.AttentionShape));
        var h = t.Run(new Add(x, Output.Run(t, pass, o)[0]));

        var m = t.Run(new RmsNorm(h, MlpNorm, spec.NormEpsilon));
        var gateUp = GateUp.Run(t, pass, m);
        var g = t.Run(new Gate(spec.Activation, gateUp[0], gateUp[1]));
        return t.Run(new Add(h, Down.Run(t, pass, g)[0]));
    }
}

/// <summary>What the rotary positions of one pass need.</summary>
/// <param name="Positions">[1, T] I32.</param>
/// <param name="Frequencies">[1, D/2].</param>
public sealed record RopeTables(Tensor Positions, Tensor Frequencies);
