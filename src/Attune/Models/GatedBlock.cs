using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Ops;

namespace Attune.Models;

/// <summary>A pre-norm block of the Llama kind: h = x + attention(norm(x)); out = h + mlp(norm(h)).</summary>
/// <param name="spec">Sizes.</param>
/// <param name="modules">Makes the modules.</param>
/// <param name="headNorms">See <see cref="RotaryAttention"/>.</param>
public sealed class GatedBlock(DecoderSpec spec, ModuleSource modules, bool headNorms = false) : DecoderBlock(modules.Block)
{
    // In the order in which a forward reads them.
    private readonly Norm attentionNorm = modules.Norm(ModulePart.AttentionNorm, spec.Hidden);
    private readonly RotaryAttention attention = new(spec, modules, headNorms);
    private readonly Norm mlpNorm = modules.Norm(ModulePart.MlpNorm, spec.Hidden);
    private readonly GatedMlp mlp = new(spec, modules);

    /// <inheritdoc />
    public override IEnumerable<Linear> Linears => [.. attention.Linears, .. mlp.Linears];

    /// <inheritdoc />
    public override Var Forward(Tape t, Pass pass, Tensor? turns, Var x)
    {
        var h = t.Run(new Add(x, attention.Run(t, pass, turns!, attentionNorm.Run(t, x))));
        return t.Run(new Add(h, mlp.Run(t, pass, mlpNorm.Run(t, h))));
    }
}
