using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>
/// y += s · h · Bᵀ with h = drop(x) · Aᵀ, in place on y: the trained part of a linear layer with LoRA (Hu et al. 2021).
/// </summary>
/// <param name="y">[T, out]; its values are gone afterwards.</param>
/// <param name="x">[T, in]; not in y's memory.</param>
/// <param name="a">A [R, in].</param>
/// <param name="b">B [out, R].</param>
/// <param name="scale">s.</param>
/// <param name="dropout">Share of x that is dropped for this term alone, in [0, 1).</param>
/// <param name="key">Draws the mask; drawn again in backward, so that the dropped x is not kept.</param>
/// <param name="rowNumbers">Number of each row within the whole optimizer step; null counts from 0.</param>
public sealed class LowRankUpdate(Var y, Var x, Parameter a, Parameter b, float scale, float dropout, RandomKey key, int[]? rowNumbers = null)
    : Op(y, x, a, b)
{
    private Tensor? h;

    /// <summary>x, if A trains; h, if B trains.</summary>
    public override IEnumerable<Tensor> Saved
    {
        get
        {
            if (a.NeedsGrad)
                yield return x.Value;
            if (b.NeedsGrad)
                yield return h!;
        }
    }

    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        Require(x.Value.Cols == a.Value.Cols, "columns of x and of A", x.Value, a.Value);
        Require(b.Value.Cols == a.Value.Rows, "columns of B and rows of A", b.Value, a.Value);
        Require(y.Value.Cols == b.Value.Rows, "columns of y and rows of B", y.Value, b.Value);
        Require(y.Value.Rows == x.Value.Rows, "rows of y and of x", y.Value, x.Value);
        Require(y.Value.Block != x.Value.Block, "y is overwritten and may not share memory with x", y.Value, x.Value);
        h = t.New(x.Value.Rows, a.Value.Rows);
        using (var dropped = Dropped(t))
            t.Product(dropped?.Value ?? x.Value, false, a.Value, true, h);
        Outs = [y.Overwrite()];
        t.Product(h, false, b.Value, true, Out.Value, scale, beta: 1);
    }

    /// <summary>dh = s · dy · B, dB = s · dyᵀ · h, dA = dhᵀ · drop(x), dx = drop(dh · A); dy is handed on to y.</summary>
    public override void Backward(Tape t)
    {
        var dy = Out.Grad!;
        if (t.GradOf(b, out var betaB) is { } db)
            t.Product(dy, true, h!, false, db, scale, betaB);
        if (a.NeedsGrad || x.NeedsGrad)
        {
            using var dh = t.Scratch(x.Value.Rows, a.Value.Rows);
            t.Product(dy, false, b.Value, false, dh.Value, scale);
            BackwardOfA(t, dh.Value);
            BackwardOfX(t, dh.Value);
        }
        t.PassGrad(Out, y);
    }

    private void BackwardOfA(Tape t, Tensor dh)
    {
        if (t.GradOf(a, out var beta) is not { } da)
            return;
        using var dropped = Dropped(t);
        t.Product(dh, true, dropped?.Value ?? x.Value, false, da, beta: beta);
    }

    private void BackwardOfX(Tape t, Tensor dh)
    {
        if (t.GradOf(x, out var beta) is not { } dx)
            return;
        if (dropout == 0)
        {
            t.Product(dh, false, a.Value, false, dx, beta: beta);
            return;
        }
        using var dDropped = t.Scratch(x.Value.Rows, x.Value.Cols);
        t.Product(dh, false, a.Value, false, dDropped.Value);
        t.Backend.Pointwise.Dropout(dDropped.Value, dropout, key, rowNumbers, dx, beta);
    }

    /// <summary>drop(x), or null where nothing is dropped.</summary>
    private Scratch? Dropped(Tape t)
    {
        if (dropout == 0)
            return null;
        var dropped = t.Scratch(x.Value.Rows, x.Value.Cols);
        t.Backend.Pointwise.Dropout(x.Value, dropout, key, rowNumbers, dropped.Value, 0);
        return dropped;
    }
}
