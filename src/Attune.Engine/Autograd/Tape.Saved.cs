namespace Attune.Engine.Autograd;

/// <summary>
/// In what form saved values wait for backward. While a segment runs they are in memory; when it ends, those that a cheap operation
/// made are given up, and others are rounded where the tape saves in a narrower type. Backward brings each back when the first
/// operation on its way reads it, and the last one frees it.
/// </summary>
public sealed partial class Tape
{
    // The rounded contents of blocks that are not in memory.
    private readonly Dictionary<Block, Tensor> narrowed = [];

    /// <summary>
    /// The type in which saved values wait, if not the activation type. What operations save for themselves (statistics of rows, the
    /// small side of a low-rank product) keeps the activation type, and so does what they declare <see cref="Op.Exact"/>.
    /// </summary>
    public DType? SavedType { get; init; }

    /// <summary>Whether outputs of cheap operations are computed again rather than held; gradients have the same bits either way.</summary>
    internal bool HoldsCheap { get; init; }

    /// <summary>
    /// Says that nothing will read <paramref name="x"/> any more but the backward of what has saved it, before its segment ends. Its
    /// memory must not be another value's too.
    /// </summary>
    public void Done(Var x)
    {
        x.Overwritten = true;
        if (scopes.Peek().Remove(x.Value.Block))
            Leave(x.Value.Block);
    }

    private static void ReleaseAll(HashSet<Block> scope)
    {
        foreach (var b in scope.OrderBy(static b => b.Offset))
            b.Release();
        scope.Clear();
    }

    private void Save(Op op)
    {
        foreach (var s in op.Saved)
        {
            s.Block.Retain();
            s.Block.Savers++;
        }
        foreach (var s in op.Exact)
            s.Block.Exact = true;
        if (op.IsCheap && !HoldsCheap)
        {
            foreach (var o in op.Outs)
                o.Value.Block.Maker = op;
        }
    }

    private void ReleaseSaved(Op op)
    {
        foreach (var s in op.Saved)
        {
            s.Block.Savers--;
            s.Block.Release();
            if (s.Block.References == 0 && narrowed.Remove(s.Block, out var copy))
                copy.Block.Release();
        }
    }

    /// <summary>The end of a scope that backward will come back to only after others.</summary>
    private void LeaveAll(HashSet<Block> scope)
    {
        // One by one: what is still in the scope is returned with it if a kernel fails here.
        foreach (var b in scope.OrderBy(static b => b.Offset).ToArray())
        {
            scope.Remove(b);
            Leave(b);
        }
    }

    private void Leave(Block b)
    {
        b.Release();
        if (b.References == 0)
            return;
        if (b.Maker is null)
        {
            if (SavedType is not { } type || !b.Flows || b.Exact)
                return;
            var count = Values(b).Cols;
            var copy = Tensor.Of(Arena.Take(type.Bytes(count)), type, 1, count);
            narrowed.Add(b, copy);
            Backend.Pointwise.AddScaled(Values(b), 1, copy, 0);
        }
        b.GiveUp();
    }

    /// <summary>Brings everything into memory that the backward, or the forward, of <paramref name="op"/> reads.</summary>
    private void Bring(Op op)
    {
        foreach (var b in op.Saved.Select(static s => s.Block))
        {
            if (b.InMemory)
                continue;
            if (b.Maker is { } maker)
            {
                Bring(maker);
                b.TakeBack();
                maker.Fill(this);
                continue;
            }
            b.TakeBack();
            narrowed.Remove(b, out var copy);
            Backend.Pointwise.AddScaled(copy!, 1, Values(b), 0);
            copy!.Block.Release();
        }
    }

    /// <summary>A whole block as one row, with what lies behind its last value.</summary>
    private Tensor Values(Block b)
    {
        var type = Backend.Activation;
        return Tensor.Of(b, type, 1, checked((int)(b.Bytes / type.Size())));
    }
}
