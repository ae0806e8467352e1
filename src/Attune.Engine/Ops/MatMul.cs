using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>y = x · Wᵀ, or x · W where W lies by inputs: a linear layer without bias. y [T, out].</summary>
/// <param name="x">[T, in].</param>
/// <param name="weight">W [out, in]: frozen in any weight format, or trained.</param>
/// <param name="byInputs">W is [in, out]; its gradient too.</param>
public sealed class MatMul(Var x, Parameter weight, bool byInputs = false) : Op(x, weight)
{
    /// <summary>x, if W trains: dW needs it.</summary>
    public override IEnumerable<Tensor> Saved => weight.NeedsGrad ? [x.Value] : [];

    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        var w = weight.Value;
        Require(x.Value.Cols == (byInputs ? w.Rows : w.Cols), byInputs ? "columns of x and rows of W" : "columns of x and of W", x.Value, w);
        Outs = [new Var(t.New(x.Value.Rows, byInputs ? w.Cols : w.Rows))];
        t.Product(x.Value, false, w, !byInputs, Out.Value);
    }

    /// <summary>dx = dy · W, dW = dyᵀ · x; by inputs dx = dy · Wᵀ, dW = xᵀ · dy.</summary>
    public override void Backward(Tape t)
    {
        var dy = Out.Grad!;
        if (t.GradOf(x, out var betaX) is { } dx)
            t.Product(dy, false, weight.Value, byInputs, dx, beta: betaX);
        if (t.GradOf(weight, out var betaW) is not { } dw)
            return;
        if (byInputs)
            t.Product(x.Value, true, dy, false, dw, beta: betaW);
        else
            t.Product(dy, true, x.Value, false, dw, beta: betaW);
    }
}
