using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>y = columns start … start + count − 1 of x, in x's memory: one part of a fused projection. y [T, count].</summary>
/// <param name="x">[T, C].</param>
/// <param name="start">First column.</param>
/// <param name="count">Columns.</param>
public sealed class Columns(Var x, int start, int count) : Op(x)
{
    /// <inheritdoc />
    public override void Forward(Tape t) => Outs = [new Var(x.Value.ColRange(start, count))];

    /// <summary>dx[:, start …] += dy.</summary>
    public override void Backward(Tape t)
    {
        if (t.GradOf(x, out var beta) is not { } dx)
            return;
        // The first part to arrive clears the places of the others.
        if (beta == 0)
            t.Backend.Pointwise.Fill(dx, 0);
        t.Backend.Pointwise.AddScaled(Out.Grad!, 1, dx.ColRange(start, count), 1);
    }
}
