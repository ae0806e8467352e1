using Attune.Engine.Autograd;
using Attune.Engine.Backends;

namespace Attune.Engine.Ops;

/// <summary>y = f(x), element by element. y [T, F].</summary>
/// <param name="f">The function.</param>
/// <param name="x">[T, F].</param>
public sealed class Activate(Activation f, Var x) : Op(x)
{
    /// <summary>x.</summary>
    public override IEnumerable<Tensor> Saved => [x.Value];

    /// <inheritdoc />
    public override bool IsCheap => true;

    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        Outs = [new Var(t.New(x.Value.Rows, x.Value.Cols))];
        Fill(t);
    }

    /// <inheritdoc />
    protected internal override void Fill(Tape t) => t.Backend.Pointwise.Activate(f, x.Value, Out.Value);

    /// <summary>dx = dy · f′(x), in x's memory where nobody else needs it.</summary>
    public override void Backward(Tape t)
    {
        if (t.GradInPlaceOf(x, out var beta) is { } dx)
            t.Backend.Pointwise.ActivateBackward(f, Out.Grad!, x.Value, dx, beta);
    }
}
