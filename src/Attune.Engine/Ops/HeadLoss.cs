using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>
/// loss = scale · Σ losses[i] over logits = x · headᵀ, never holding [n, V]: chunks of rows go through product, loss and both
/// gradients at once. The result is [1, 1].
/// </summary>
/// <remarks>
/// The gradients are computed in Forward, for an upstream gradient of 1. Backward scales dx by the true one. A trained head's
/// gradient is in its place by then, so that with a trained head only 1 is accepted: put factors into <paramref name="scale"/>.
/// </remarks>
/// <param name="x">[n, C]: only rows that are trained on.</param>
/// <param name="head">[V, C], frozen in any weight format, or trained.</param>
/// <param name="targets">[1, n] I32.</param>
/// <param name="weights">[1, n] in the activation type.</param>
/// <param name="scale">1 / number of trained tokens of the whole step.</param>
/// <param name="loss">What is computed of each row of logits.</param>
/// <param name="chunkRows">Rows of logits that are held at a time.</param>
/// <param name="losses">[1, n], written: the losses by row, unscaled. To be read before Backward if it comes from the tape.</param>
/// <param name="capacity">Rows to have memory for, where n varies and a plan must not; 0 for n.</param>
public sealed class HeadLoss(
    Var x, Parameter head, Tensor targets, Tensor weights, float scale, ITokenLoss loss, int chunkRows, Tensor losses,
    int capacity = 0) : Op(x, head)
{
    // The gradients go through the vocabulary in parts, so that what a product packs of its left side is a fraction of the logits.
    private const int PartTokens = 6144;

    private Tensor? dx;

    /// <summary>dx [n, C], if x needs it.</summary>
    public override IEnumerable<Tensor> Saved => dx is null ? [] : [dx];

    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        var rows = x.Value.Rows;
        Require(x.Value.Cols == head.Value.Cols, "columns of x and of the head", x.Value, head.Value);
        Require(targets.Count == rows, "one target per row of x", x.Value, targets);
        Require(weights.Count == rows, "one weight per row of x", x.Value, weights);
        Require(losses.Count == rows, "one loss per row of x", x.Value, losses);
        ArgumentOutOfRangeException.ThrowIfLessThan(chunkRows, 1);
        Outs = [new Var(t.New(1, 1))];
        dx = Recorded && x.NeedsGrad ? t.New(Math.Max(capacity, rows), x.Value.Cols).RowRange(0, rows) : null;
        var most = Math.Min(chunkRows, Math.Max(capacity, rows));
        using (var logits = t.Scratch(most, head.Value.Rows))
        using (var workspace = t.Workspace(Workspace(t, most)))
        {
            for (var first = 0; first < rows; first += most)
                RunChunk(t, first, most, logits.Value.RowRange(0, Math.Min(most, rows - first)), workspace.Value);
        }
        t.Backend.Pointwise.SumRows(losses.Reshape(rows, 1), Out.Value, 0);
        t.Backend.Pointwise.AddScaled(Out.Value, scale, Out.Value, 0);
    }

    private void RunChunk(Tape t, int first, int most, Tensor logits, Tensor workspace)
    {
        var kernels = t.Backend.Matrix;
        var part = x.Value.RowRange(first, logits.Rows);
        kernels.Product(part, false, head.Value, true, logits, 1, 0, workspace);
        Tensor Of(Tensor all) => all.ColRange(first, logits.Rows);
        loss.Run(t, new LossRows(logits, first, most, Of(targets), Of(weights), Of(losses), scale, Gradients: Recorded));
        if (!Recorded)
            return;
        // From here on the logits are their gradients: dx = dlogits · head, dhead = dlogitsᵀ · x.
        var dHead = t.GradOf(head, out var beta);
        var dPart = dx?.RowRange(first, logits.Rows);
        for (var token = 0; token < head.Value.Rows; token += PartTokens)
        {
            var count = Math.Min(PartTokens, head.Value.Rows - token);
            var dLogits = logits.ColRange(token, count);
            if (dPart is not null)
                kernels.Product(dLogits, false, head.Value.RowRange(token, count), false, dPart, 1, token == 0 ? 0 : 1, workspace);
            if (dHead is not null)
                kernels.Product(dLogits, true, part, false, dHead.RowRange(token, count), 1, beta, workspace);
        }
    }

    // One workspace for the two or three products of every chunk.
    private long Workspace(Tape t, int rows)
    {
        var (kernels, vocabulary, channels) = (t.Backend.Matrix, head.Value.Rows, x.Value.Cols);
        var part = Math.Min(PartTokens, vocabulary);
        return Math.Max(
            kernels.Workspace(rows, vocabulary, channels, false),
            Math.Max(kernels.Workspace(rows, channels, part, false), head.NeedsGrad ? kernels.Workspace(part, channels, rows, true) : 0));
    }

    /// <summary>dx, computed before, times the upstream gradient; handed on and not copied.</summary>
    public override void Backward(Tape t)
    {
        var upstream = t.Arena.IsPretend ? 1 : Out.Grad!.Read(0, 0);
        if (upstream != 1 && head.NeedsGrad)
            throw new InvalidOperationException(
                $"{nameof(HeadLoss)}: an upstream gradient of {upstream} with a trained head; put the factor into the scale");
        if (dx is null)
            return;
        if (upstream != 1)
            t.Backend.Pointwise.AddScaled(dx, (float)upstream, dx, 0);
        t.HandGrad(dx, x);
    }
}
