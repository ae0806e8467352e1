using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>y = x · Wᵀ: a linear layer without bias. y [T, out].</summary>
/// <param name="x">[T, in].</param>
/// <param name="weight">W [out, in]: frozen in any weight format, or trained.</param>
public sealed class MatMul(Var x, Parameter weight) : Op(x, weight)
{
    /// <summary>x, if W trains: dW needs it.</summary>
    public override IEnumerable<Tensor> Saved => weight.NeedsGrad ? [x.Value] : [];

    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        Require(x.Value.Cols == weight.Value.Cols, "columns of x and of W", x.Value, weight.Value);
        Outs = [new Var(t.New(x.Value.Rows, weight.Value.Rows))];
        t.Product(x.Value, false, weight.Value, true, Out.Value);
    }

    /// <summary>dx = dy · W, dW = dyᵀ · x.</summary>
    public override void Backward(Tape t)
    {
        var dy = Out.Grad!;
        if (t.GradOf(x, out var betaX) is { } dx)
            t.Product(dy, false, weight.Value, false, dx, beta: betaX);
        if (t.GradOf(weight, out var betaW) is { } dw)
            t.Product(dy, true, x.Value, false, dw, beta: betaW);
    }
}
