using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>y = (x − mean(x)) / √(var(x) + ε) · w + b, row by row (Ba et al. 2016). y [T, C].</summary>
/// <param name="x">[T, C].</param>
/// <param name="weight">w [1, C].</param>
/// <param name="bias">b [1, C], or null.</param>
/// <param name="epsilon">ε.</param>
public sealed class LayerNorm(Var x, Parameter weight, Parameter? bias, float epsilon)
    : Op(bias is null ? [x, weight] : [x, weight, bias])
{
    private Tensor? mean;
    private Tensor? rstd;

    /// <summary>x and, per row, its mean and 1 / √(var + ε).</summary>
    public override IEnumerable<Tensor> Saved => [x.Value, mean!, rstd!];

    /// <inheritdoc />
    public override bool IsCheap => true;

    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        Require(weight.Value.Rows == 1 && weight.Value.Cols == x.Value.Cols, "one weight per column of x", x.Value, weight.Value);
        if (bias is not null)
            Require(bias.Value.Rows == 1 && bias.Value.Cols == x.Value.Cols, "one bias per column of x", x.Value, bias.Value);
        mean = Recorded ? t.New(1, x.Value.Rows) : null;
        rstd = Recorded ? t.New(1, x.Value.Rows) : null;
        Outs = [new Var(t.New(x.Value.Rows, x.Value.Cols))];
        Fill(t);
    }

    /// <inheritdoc />
    protected internal override void Fill(Tape t) =>
        t.Backend.Norms.LayerNorm(x.Value, weight.Value, bias?.Value, epsilon, Out.Value, mean, rstd);

    /// <summary>
    /// With x̂ = (x − mean) · rstd and g = dy · w: dx = rstd · (g − mean(g) − x̂ · mean(g · x̂)), dw = Σ rows of dy · x̂, db = Σ rows of dy.
    /// </summary>
    public override void Backward(Tape t)
    {
        var dx = t.GradOf(x, out var betaX);
        var dw = t.GradOf(weight, out var betaW);
        var betaB = 0f;
        var db = bias is null ? null : t.GradOf(bias, out betaB);
        t.Backend.Norms.LayerNormBackward(Out.Grad!, x.Value, weight.Value, mean!, rstd!, dx, betaX, dw, betaW, db, betaB);
    }
}
