using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>y[i] = x[rows[i]]: the rows that a loss is taken of. y [n, C].</summary>
/// <param name="x">[T, C].</param>
/// <param name="rows">[1, n] I32, each in 0 … T − 1; repeats are allowed.</param>
/// <param name="capacity">Rows to have memory for, where n varies and a plan must not; 0 for n.</param>
public sealed class GatherRows(Var x, Tensor rows, int capacity = 0) : Op(x)
{
    /// <summary>The row numbers.</summary>
    public override IEnumerable<Tensor> Saved => [rows];

    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        Require(rows.Rows == 1 && rows.Type == DType.I32, "one row of row numbers", x.Value, rows);
        Outs = [new Var(t.New(Math.Max(capacity, rows.Cols), x.Value.Cols).RowRange(0, rows.Cols))];
        t.Backend.Index.Gather(x.Value, rows, Out.Value);
    }

    /// <summary>dx[rows[i]] += dy[i].</summary>
    public override void Backward(Tape t)
    {
        if (t.GradOf(x, out var beta) is not { } dx)
            return;
        if (beta == 0)
            t.Backend.Pointwise.Fill(dx, 0);
        t.Backend.Index.ScatterAdd(Out.Grad!, rows, dx);
    }
}
