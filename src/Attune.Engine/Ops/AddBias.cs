using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>x += b in every row, in place.</summary>
/// <param name="x">[T, C]; its values are gone afterwards.</param>
/// <param name="bias">b [1, C].</param>
public sealed class AddBias(Var x, Parameter bias) : Op(x, bias)
{
    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        Require(bias.Value.Rows == 1 && bias.Value.Cols == x.Value.Cols, "one bias per column of x", x.Value, bias.Value);
        Outs = [x.Overwrite()];
        t.Backend.Pointwise.AddBias(Out.Value, bias.Value);
    }

    /// <summary>db = Σ rows of dy; dy is handed on to x.</summary>
    public override void Backward(Tape t)
    {
        if (t.GradOf(bias, out var beta) is { } db)
            t.Backend.Pointwise.SumRows(Out.Grad!, db, beta);
        t.PassGrad(Out, x);
    }
}
