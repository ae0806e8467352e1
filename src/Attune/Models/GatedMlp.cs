using Attune.Engine.Autograd;
using Attune.Engine.Ops;

namespace Attune.Models;

/// <summary>Down(f(Gate m) · Up m) (Shazeer 2020).</summary>
/// <param name="spec">Sizes.</param>
/// <param name="modules">Makes the modules.</param>
public sealed class GatedMlp(DecoderSpec spec, ModuleSource modules)
{
    private readonly Fan gateUp = new(
        modules.Linear(ModulePart.Gate, spec.FeedForward, spec.Hidden, spec.MlpBias),
        modules.Linear(ModulePart.Up, spec.FeedForward, spec.Hidden, spec.MlpBias));

    private readonly Fan down = new(modules.Linear(ModulePart.Down, spec.Hidden, spec.FeedForward, spec.MlpBias));

    /// <summary>The linear layers, in the order in which they run.</summary>
    public IEnumerable<Linear> Linears => [.. gateUp.Layers, .. down.Layers];

    /// <summary>What the MLP adds to the residual stream, [T, C].</summary>
    /// <param name="t">The tape.</param>
    /// <param name="pass">What varies.</param>
    /// <param name="m">The normed stream, [T, C].</param>
    public Var Run(Tape t, Pass pass, Var m)
    {
        var wide = gateUp.Run(t, pass, m);
        return down.Run(t, pass, t.Run(new Gate(spec.Activation, wide[0], wide[1])))[0];
    }
}
