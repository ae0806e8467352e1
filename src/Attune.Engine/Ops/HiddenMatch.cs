using Attune.Engine.Autograd;
using Attune.Engine.Backends;

namespace Attune.Engine.Ops;

/// <summary>
/// loss = scale · Σ losses[i], losses[i] = w_i · d(x_i · P, t_i): hidden rows, projected to another width, against rows that they are to
/// become (a hint, Romero et al. 2015; hidden-state distillation, Jiao et al. 2020). The result is [1, 1].
/// </summary>
/// <param name="x">[n, C].</param>
/// <param name="projection">P: [C, D], trained or frozen; null where x is compared as it is, with D = C.</param>
/// <param name="targets">t: [n, D], fixed.</param>
/// <param name="weights">[1, n] in the activation type.</param>
/// <param name="distance">d.</param>
/// <param name="scale">1 / number of trained tokens of the whole step.</param>
/// <param name="losses">[1, n], written: the losses by row, unscaled. To be read before Backward if it comes from the tape.</param>
/// <param name="capacity">Rows to have memory for, where n varies and a plan must not; 0 for n.</param>
public sealed class HiddenMatch(
    Var x, Parameter? projection, Tensor targets, Tensor weights, RowDistance distance, float scale, Tensor losses, int capacity = 0)
    : Op(projection is null ? [x] : [x, projection])
{
    private Tensor? dy;

    private int Capacity => Math.Max(capacity, x.Value.Rows);

    /// <summary>d(x · P), and x where P trains.</summary>
    public override IEnumerable<Tensor> Saved => projection is { NeedsGrad: true } ? [dy!, x.Value] : [dy!];

    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        var rows = x.Value.Rows;
        Require(x.Value.Cols == (projection?.Value.Rows ?? targets.Cols), "columns of x and rows of P (or columns of the targets)", x.Value, projection?.Value ?? targets);
        Require(projection is null || projection.Value.Cols == targets.Cols, "columns of P and of the targets", projection?.Value ?? targets, targets);
        Require(targets.Rows == rows, "one target per row of x", x.Value, targets);
        Require(weights.Count == rows, "one weight per row of x", x.Value, weights);
        Require(losses.Count == rows, "one loss per row of x", x.Value, losses);
        Outs = [new Var(t.New(1, 1))];
        var y = t.New(Capacity, targets.Cols).RowRange(0, rows);
        if (projection is null)
            t.Backend.Pointwise.AddScaled(x.Value, 1, y, 0);
        else
            Product(t, x.Value, false, projection.Value, false, y, Capacity, targets.Cols, x.Value.Cols, 0);
        // From here on the projected rows are their gradients.
        t.Backend.Loss.Distance(y, targets, weights, distance, scale, losses, gradients: Recorded);
        dy = y;
        t.Backend.Pointwise.SumRows(losses.Reshape(rows, 1), Out.Value, 0);
        t.Backend.Pointwise.AddScaled(Out.Value, scale, Out.Value, 0);
    }

    /// <summary>dP = xᵀ · dy, dx = dy · Pᵀ, both times the upstream gradient.</summary>
    public override void Backward(Tape t)
    {
        var (rows, upstream) = (x.Value.Rows, t.Arena.IsPretend ? 1 : Out.Grad!.Read(0, 0));
        if (upstream != 1)
            t.Backend.Pointwise.AddScaled(dy!, (float)upstream, dy!, 0);
        if (projection is null)
        {
            t.HandGrad(dy!, x);
            return;
        }
        if (t.GradOf(projection, out var beta) is { } dp)
            Product(t, x.Value, true, dy!, false, dp, dp.Rows, dp.Cols, Capacity, beta);
        if (!x.NeedsGrad)
            return;
        var dx = t.New(Capacity, x.Value.Cols).RowRange(0, rows);
        Product(t, dy!, false, projection.Value, true, dx, Capacity, dx.Cols, targets.Cols, 0);
        t.HandGrad(dx, x);
    }

    // With the workspace of the largest product that can come, [m, k] · [k, n], whatever the number of rows.
    private static void Product(Tape t, Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, int m, int n, int k, float beta)
    {
        var kernels = t.Backend.Matrix;
        using var workspace = t.Workspace(kernels.Workspace(m, n, k, transposeA));
        kernels.Product(a, transposeA, b, transposeB, c, 1, beta, workspace.Value);
    }
}
