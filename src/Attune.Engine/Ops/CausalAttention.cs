using Attune.Engine.Autograd;
using Attune.Engine.Backends;

namespace Attune.Engine.Ops;

/// <summary>
/// o = softmax(cap(scale · q · kᵀ)) · v per head and sequence of the plan, each query seeing the keys up to its own, or the last
/// of them where there is a window; cap(s) = c · tanh(s / c), or s. o [T, H · D].
/// </summary>
/// <param name="q">[T, H · D].</param>
/// <param name="k">[S, G · D]; S = T in training, or the rows of a cache.</param>
/// <param name="v">[S, G · D].</param>
/// <param name="plan">Which rows see which.</param>
/// <param name="shape">H, G, D, the scale, the window and the soft-cap c.</param>
public sealed class CausalAttention(Var q, Var k, Var v, AttentionPlan plan, AttentionShape shape) : Op(q, k, v)
{
    private Tensor? lse;

    /// <summary>q, k, v, o, and per head and query the log of the sum of exponentials: nothing of size T × T.</summary>
    public override IEnumerable<Tensor> Saved => [q.Value, k.Value, v.Value, Out.Value, lse!];

    /// <summary>q and k: their product is an exponent, and the sum over it was taken before.</summary>
    public override IEnumerable<Tensor> Exact => [q.Value, k.Value];

    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        CheckShapes();
        lse = Recorded ? t.New(shape.Heads, q.Value.Rows) : null;
        Outs = [new Var(t.New(q.Value.Rows, q.Value.Cols))];
        using var workspace = t.Workspace(t.Backend.Attention.Workspace(plan, shape));
        t.Backend.Attention.Attention(q.Value, k.Value, v.Value, plan, shape, Out.Value, lse, workspace.Value);
    }

    /// <summary>
    /// With P = exp(cap(scale · q · kᵀ) − lse), D = Σ columns of do · o and dS = P · (do · vᵀ − D) · (1 − (cap / c)²):
    /// dq = scale · dS · k, dk = scale · dSᵀ · q, dv = Pᵀ · do, computed block by block (Dao 2023).
    /// </summary>
    public override void Backward(Tape t)
    {
        if (q == k || k == v || q == v)
        {
            // One gradient for two roles: each role adds to what the one before wrote.
            Backward(t, q, null, null);
            Backward(t, null, k, null);
            Backward(t, null, null, v);
        }
        else
            Backward(t, q, k, v);
    }

    private void Backward(Tape t, Var? ofQ, Var? ofK, Var? ofV)
    {
        var (betaQ, betaK, betaV) = (0f, 0f, 0f);
        var dq = ofQ is null ? null : t.GradOf(ofQ, out betaQ);
        var dk = ofK is null ? null : t.GradOf(ofK, out betaK);
        var dv = ofV is null ? null : t.GradOf(ofV, out betaV);
        if (dq is null && dk is null && dv is null)
            return;
        using var workspace = t.Workspace(t.Backend.Attention.Workspace(plan, shape));
        t.Backend.Attention.AttentionBackward(Out.Grad!, q.Value, k.Value, v.Value, Out.Value, lse!, plan, shape,
            dq, betaQ, dk, betaK, dv, betaV, workspace.Value);
    }

    private void CheckShapes()
    {
        Require(shape.IsValid && q.Value.Cols == shape.Heads * shape.HeadSize
            && k.Value.Cols == shape.KeyHeads * shape.HeadSize, "columns of q and k, in whole heads", q.Value, k.Value);
        Require(k.Value.Rows == v.Value.Rows && k.Value.Cols == v.Value.Cols, "k and v", k.Value, v.Value);
        foreach (var span in plan.Spans)
            Require(span.QueryStart >= 0 && span.QueryLength >= 0 && span.QueryStart <= q.Value.Rows - span.QueryLength
                && span.KeyStart >= 0 && span.KeyLength >= 0 && span.KeyStart <= k.Value.Rows - span.KeyLength,
                "spans of the plan in the rows of q and k", q.Value, k.Value);
    }
}
