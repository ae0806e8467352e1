using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>y = o + (x − o) · s / d, column by column. y [T, C].</summary>
/// <remarks>
/// With s alone it is IA³ (Liu et al. 2022). With d the norms of a weight's rows, s their magnitudes and o the layer's bias it is the
/// magnitude of DoRA (Liu et al. 2024), in whose gradient d counts as a constant (section 4.3 of the paper).
/// </remarks>
/// <param name="x">[T, C].</param>
/// <param name="scale">s [1, C].</param>
/// <param name="divisor">d [1, C] in the activation type, that stays until backward; null for ones.</param>
/// <param name="offset">o [1, C], frozen, in any weight format; null for none.</param>
public sealed class ScaleColumns(Var x, Parameter scale, Tensor? divisor = null, Parameter? offset = null) : Op(x, scale)
{
    /// <summary>x.</summary>
    public override IEnumerable<Tensor> Saved => [x.Value];

    /// <inheritdoc />
    public override bool IsCheap => true;

    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        Require(scale.Value.Rows == 1 && scale.Value.Cols == x.Value.Cols, "one scale per column of x", x.Value, scale.Value);
        Require(divisor is null || (divisor.Rows == 1 && divisor.Cols == x.Value.Cols), "one divisor per column of x", x.Value, divisor ?? x.Value);
        Require(offset is null || !offset.NeedsGrad, "the offset is frozen", x.Value, offset?.Value ?? x.Value);
        Outs = [new Var(t.New(x.Value.Rows, x.Value.Cols))];
        Fill(t);
    }

    /// <inheritdoc />
    protected internal override void Fill(Tape t)
    {
        t.Backend.Pointwise.ScaleColumns(x.Value, scale.Value, divisor, Out.Value, 0);
        if (offset is null)
            return;
        // x · s / d + (o − o · s / d): where s equals d, x comes out bit for bit.
        using var widened = Offset(t);
        using var rest = t.Scratch(1, x.Value.Cols);
        t.Backend.Pointwise.AddScaled(widened.Value, 1, rest.Value, 0);
        t.Backend.Pointwise.ScaleColumns(widened.Value, scale.Value, divisor, widened.Value, 0);
        t.Backend.Pointwise.AddScaled(widened.Value, -1, rest.Value, 1);
        t.Backend.Pointwise.AddBias(Out.Value, rest.Value);
    }

    /// <summary>dx = dy · s / d, ds = Σ rows of dy · (x − o), over d.</summary>
    public override void Backward(Tape t)
    {
        var dy = Out.Grad!;
        if (t.GradOf(scale, out var betaS) is { } ds)
        {
            using var sum = t.Scratch(1, x.Value.Cols);
            t.Backend.Pointwise.DotColumns(dy, x.Value, sum.Value, 0);
            if (offset is not null)
                SubtractOffset(t, dy, sum.Value);
            t.Backend.Pointwise.ScaleColumns(sum.Value, null, divisor, ds, betaS);
        }
        if (t.GradOf(x, out var betaX) is { } dx)
            t.Backend.Pointwise.ScaleColumns(dy, scale.Value, divisor, dx, betaX);
    }

    private void SubtractOffset(Tape t, Tensor dy, Tensor sum)
    {
        using var widened = Offset(t);
        using var total = t.Scratch(1, x.Value.Cols);
        t.Backend.Pointwise.SumRows(dy, total.Value, 0);
        t.Backend.Pointwise.ScaleColumns(total.Value, widened.Value, null, total.Value, 0);
        t.Backend.Pointwise.AddScaled(total.Value, -1, sum, 1);
    }

    private Scratch Offset(Tape t)
    {
        var widened = t.Scratch(1, x.Value.Cols);
        t.Backend.Pointwise.AddScaled(offset!.Value, 1, widened.Value, 0);
        return widened;
    }
}
