using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>y = x · w / √(mean(x²) + ε), row by row (Zhang and Sennrich 2019). y [T, C].</summary>
/// <param name="x">[T, C].</param>
/// <param name="weight">w [1, C].</param>
/// <param name="epsilon">ε.</param>
public sealed class RmsNorm(Var x, Parameter weight, float epsilon) : Op(x, weight)
{
    private Tensor? rstd;

    /// <summary>x and, per row, 1 / √(mean(x²) + ε).</summary>
    public override IEnumerable<Tensor> Saved => [x.Value, rstd!];

    /// <inheritdoc />
    public override bool IsCheap => true;

    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        Require(weight.Value.Rows == 1 && weight.Value.Cols == x.Value.Cols, "one weight per column of x", x.Value, weight.Value);
        rstd = Recorded ? t.New(1, x.Value.Rows) : null;
        Outs = [new Var(t.New(x.Value.Rows, x.Value.Cols))];
        Fill(t);
    }

    /// <inheritdoc />
    protected internal override void Fill(Tape t) => t.Backend.Norms.RmsNorm(x.Value, weight.Value, epsilon, Out.Value, rstd);

    /// <summary>With x̂ = x · rstd and g = dy · w: dx = rstd · (g − x̂ · mean(g · x̂)), dw = Σ rows of dy · x̂.</summary>
    public override void Backward(Tape t)
    {
        var dx = t.GradOf(x, out var betaX);
        var dw = t.GradOf(weight, out var betaW);
        t.Backend.Norms.RmsNormBackward(Out.Grad!, x.Value, weight.Value, rstd!, dx, betaX, dw, betaW);
    }
}
