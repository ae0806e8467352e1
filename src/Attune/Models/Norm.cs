using Attune.Engine.Autograd;
using Attune.Engine.Ops;

namespace Attune.Models;

/// <summary>A norm over the channels: LayerNorm where it has a bias, RMS norm where it has none.</summary>
/// <param name="weight">w: [1, C].</param>
/// <param name="bias">b: [1, C], or null.</param>
/// <param name="epsilon">ε.</param>
public sealed class Norm(Parameter weight, Parameter? bias, float epsilon)
{
    /// <summary>The norm of x [T, C].</summary>
    public Var Run(Tape t, Var x) => t.Run(bias is null ? new RmsNorm(x, weight, epsilon) : new LayerNorm(x, weight, bias, epsilon));
}
