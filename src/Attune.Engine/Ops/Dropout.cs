using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>y = mask · x / (1 − p) (Srivastava et al. 2014). The mask is a function of the key: nothing is kept. y [T, C].</summary>
/// <param name="x">[T, C].</param>
/// <param name="p">Share that is dropped, in [0, 1).</param>
/// <param name="key">Draws the mask.</param>
/// <param name="rowNumbers">Number of each row within the whole optimizer step; null counts from 0.</param>
public sealed class Dropout(Var x, float p, RandomKey key, int[]? rowNumbers = null) : Op(x)
{
    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        Outs = [new Var(t.New(x.Value.Rows, x.Value.Cols))];
        t.Backend.Pointwise.Dropout(x.Value, p, key, rowNumbers, Out.Value, 0);
    }

    /// <summary>dx = mask · dy / (1 − p).</summary>
    public override void Backward(Tape t)
    {
        if (t.GradOf(x, out var beta) is { } dx)
            t.Backend.Pointwise.Dropout(Out.Grad!, p, key, rowNumbers, dx, beta);
    }
}
