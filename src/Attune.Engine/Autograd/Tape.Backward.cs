namespace Attune.Engine.Autograd;

public sealed partial class Tape
{
    /// <summary>Walks back from a scalar loss with gradient one, freeing as it goes.</summary>
    public void Backward(Var loss) => Backward([loss]);

    /// <summary>The same from the sum of several scalar losses.</summary>
    public void Backward(IReadOnlyList<Var> losses)
    {
        using var seed = Scratch(1, 1);
        Backend.Pointwise.Fill(seed.Value, 1);
        Backward(losses, [.. losses.Select(_ => seed.Value)]);
    }

    /// <summary>Walks back from several values with given gradients (each in its value's shape).</summary>
    public void Backward(IReadOnlyList<Var> outputs, IReadOnlyList<Tensor> gradients)
    {
        for (var i = 0; i < outputs.Count; i++)
            Accumulate(outputs[i], gradients[i]);
        // Forward is over: from here on only what operations saved is needed.
        foreach (var scope in scopes)
            LeaveAll(scope);
        WalkBack(0);
    }

    /// <summary>
    /// Where to accumulate ∂loss/∂<paramref name="x"/>; null if it is frozen. <paramref name="beta"/> is 0 the first time (write, do
    /// not add: nothing was cleared) and 1 afterwards.
    /// </summary>
    public Tensor? GradOf(Var x, out float beta)
    {
        beta = 0;
        if (!x.NeedsGrad)
            return null;
        if (x is Parameter p)
        {
            beta = p.GradReached ? 1 : 0;
            p.GradReached = true;
            return p.Grad;
        }
        if (x.Grad is null)
        {
            SetGrad(x, NewGrad(x.Value));
            return x.Grad;
        }
        beta = 1;
        return Exclusive(x);
    }

    /// <summary>
    /// As <see cref="GradOf"/>, for an operation whose kernel reads an element of <paramref name="x"/> before it writes that element's
    /// gradient: where this is the first contribution and nobody else needs the value any more, the gradient takes its memory.
    /// </summary>
    public Tensor? GradInPlaceOf(Var x, out float beta)
    {
        // Held by the operation that asks, and by nothing outside of the tape: the value is void after it.
        if (!x.NeedsGrad || x is Parameter || x.Grad is not null || x.Value.Block is not { Savers: 1, References: 1, InArena: true } block)
            return GradOf(x, out beta);
        beta = 0;
        block.Retain();
        SetGrad(x, x.Value);
        return x.Grad;
    }

    /// <summary>The gradient of an output, to be overwritten by its operation's backward; null where nothing reached it.</summary>
    public Tensor? TakeGrad(Var output) => output.Grad is null ? null : Exclusive(output);

    /// <summary>
    /// ∂loss/∂<paramref name="to"/> += ∂loss/∂<paramref name="from"/>, without a copy where this is the first contribution:
    /// then both share the memory until one of them is written.
    /// </summary>
    public void PassGrad(Var from, Var to)
    {
        if (from.Grad is { } gradient)
            HandGrad(gradient, to);
    }

    /// <summary>
    /// ∂loss/∂<paramref name="to"/> += <paramref name="gradient"/>, whose memory becomes the gradient where this is the first
    /// contribution: the caller no longer writes it.
    /// </summary>
    public void HandGrad(Tensor gradient, Var to)
    {
        if (!to.NeedsGrad)
            return;
        if (to.Grad is null && to is not Parameter)
        {
            gradient.Block.Retain();
            SetGrad(to, gradient);
        }
        else
            Accumulate(to, gradient);
    }

    internal void WalkBack(int start)
    {
        for (var i = ops.Count - 1; i >= start; i--)
        {
            var op = ops[i];
            // Dead ends (outputs that nothing used) have no gradient; such an operation contributes nothing.
            if (op.Outs.Any(static o => o.Grad is not null))
            {
                // What backward allocates and does not hand on as a gradient ends with the operation.
                Bring(op);
                scopes.Push([]);
                op.Backward(this);
                ReleaseAll(scopes.Pop());
            }
            foreach (var o in op.Outs)
                DropGrad(o);
            ReleaseSaved(op);
            ops.RemoveAt(i);
        }
    }

    /// <summary>Runs a segment's body again, this time recorded, and walks it back.</summary>
    internal void BackwardThrough(RecomputedSegment segment, Func<Tape, Var[], Var[]> body)
    {
        var leaves = segment.Inputs.Select(static v => v is Parameter ? v : new Var(v.Value, v.NeedsGrad)).ToArray();
        var start = ops.Count;
        // Walked back at once: nothing of it is given up in between.
        var outs = Enter(leaves, body);
        ReleaseAll(scopes.Pop());
        for (var i = 0; i < outs.Length; i++)
            PassGrad(segment.Outs[i], outs[i]);
        foreach (var o in segment.Outs)
            DropGrad(o);
        // The body's results are known already; only what its operations saved is needed now.
        ReleaseAll(scopes.Peek());
        WalkBack(start);
        for (var i = 0; i < leaves.Length; i++)
        {
            if (leaves[i] is Parameter)
                continue;
            PassGrad(leaves[i], segment.Inputs[i]);
            DropGrad(leaves[i]);
        }
    }

    private void Accumulate(Var x, Tensor gradient)
    {
        if (GradOf(x, out var beta) is { } sum)
            Backend.Pointwise.AddScaled(gradient, 1, sum, beta);
    }

    private Tensor Exclusive(Var x)
    {
        var shared = x.Grad!;
        if (shared.Block.References == 1)
            return shared;
        var own = NewGrad(x.Value);
        Backend.Pointwise.AddScaled(shared, 1, own, 0);
        shared.Block.Release();
        x.Grad = own;
        return own;
    }

    private Tensor NewGrad(Tensor like) =>
        Tensor.Of(Arena.Take((long)like.Rows * like.Cols * Backend.Activation.Size()), Backend.Activation, like.Rows, like.Cols);

    private void SetGrad(Var x, Tensor gradient)
    {
        x.Grad = gradient;
        touched.Add(x);
    }

    private void DropGrad(Var x)
    {
        if (x is Parameter || x.Grad is not { } gradient)
            return;
        x.Grad = null;
        gradient.Block.Release();
        touched.Remove(x);
    }
}
