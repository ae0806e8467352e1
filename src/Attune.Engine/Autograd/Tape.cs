using Attune.Engine.Backends;

namespace Attune.Engine.Autograd;

/// <summary>What a segment keeps for backward.</summary>
public enum Keep
{
    /// <summary>All that its operations declare saved.</summary>
    Saved,

    /// <summary>Only its inputs; backward runs the body again (gradient checkpointing, Chen et al. 2016).</summary>
    Recompute,
}

/// <summary>
/// The list of operations in the order in which they ran, and the owner of what they allocate. Four lifetimes: persistent (not
/// here), saved (until an operation's backward), segment (until the segment ends), scratch (until disposed). Disposing returns
/// everything to the arena, also after an exception.
/// </summary>
public sealed partial class Tape : IDisposable
{
    private readonly List<Op> ops = [];
    private readonly Stack<HashSet<Block>> scopes = new();
    private readonly HashSet<Var> touched = [];
    private readonly Action<Op>? inspect;
    private Block? workspace;
    private bool recording;

    // Not recording, but because a segment will be run again: values still tell whether something upstream trains.
    private bool runsAgain;

    /// <summary>An empty tape.</summary>
    /// <param name="backend">Runs the kernels.</param>
    /// <param name="arena">Gives the memory.</param>
    /// <param name="record">False for passes that no backward follows.</param>
    /// <param name="inspect">Called after each forward: the replay that looks for the first non-finite value uses it.</param>
    public Tape(Backend backend, Arena arena, bool record = true, Action<Op>? inspect = null)
    {
        (Backend, Arena, recording, this.inspect) = (backend, arena, record, inspect);
        scopes.Push([]);
    }

    /// <summary>Runs the kernels.</summary>
    public Backend Backend { get; }

    /// <summary>Gives the memory.</summary>
    public Arena Arena { get; }

    /// <summary>What part of the model runs at the moment, for messages.</summary>
    public string Section { get; set; } = "";

    /// <summary>Number of operations that backward will walk.</summary>
    public int Recorded => ops.Count;

    /// <summary>Runs <paramref name="op"/> forward; remembers it only if something upstream trains. Returns its first output.</summary>
    public Var Run(Op op)
    {
        if (op.Inputs.Any(static v => v.Overwritten))
            throw new InvalidOperationException($"{op.GetType().Name} reads a value that is gone: another operation has overwritten it, or it was done with");
        var trains = op.Inputs.Any(static v => v.NeedsGrad);
        op.Recorded = recording && trains;
        op.Forward(this);
        foreach (var o in op.Outs)
            o.NeedsGrad = trains && (recording || runsAgain);
        Remember(op);
        return op.Out;
    }

    /// <summary>
    /// Runs <paramref name="body"/> and frees, on leaving, all that no operation saved. The unit of memory lifetime and of
    /// recomputation; one per transformer block. The body must be a function of its inputs and of parameters alone.
    /// </summary>
    public Var[] Segment(Var[] inputs, Keep keep, Func<Tape, Var[], Var[]> body)
    {
        if (keep == Keep.Saved || !recording)
            return InScope(inputs, body);
        var op = new RecomputedSegment(inputs, body);
        op.Forward(this);
        Remember(op);
        return [.. op.Outs];
    }

    /// <summary>A tensor of activations that lives until the segment ends, or until no operation needs it any more. Not cleared.</summary>
    public Tensor New(int rows, int cols) => New(Backend.Activation, rows, cols);

    /// <summary>A tensor of any element type with the same lifetime. Not cleared.</summary>
    public Tensor New(DType type, int rows, int cols)
    {
        var block = Arena.Take(rows * type.Bytes(cols));
        scopes.Peek().Add(block);
        return Tensor.Of(block, type, rows, cols);
    }

    /// <summary>Integers that operations read, such as token ids: one row.</summary>
    /// <param name="values">The integers.</param>
    /// <param name="capacity">How many to have memory for, where the number varies and a plan must not; 0 for as many as there are.</param>
    public Tensor Integers(ReadOnlySpan<int> values, int capacity = 0)
    {
        var tensor = New(DType.I32, 1, Math.Max(capacity, values.Length)).ColRange(0, values.Length);
        if (!Arena.IsPretend)
            tensor.Write(values);
        return tensor;
    }

    /// <summary>Constants that operations read, in the activation type: one row.</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="capacity">How many to have memory for; 0 for as many as there are.</param>
    public Tensor Numbers(ReadOnlySpan<float> values, int capacity = 0)
    {
        var tensor = New(1, Math.Max(capacity, values.Length)).ColRange(0, values.Length);
        if (!Arena.IsPretend)
            tensor.Write(values);
        return tensor;
    }

    /// <summary>Activations that live until the result is disposed. Not cleared.</summary>
    public Scratch Scratch(int rows, int cols) => Scratch(Backend.Activation, rows, cols);

    /// <summary>A tensor of any type that lives until the result is disposed. Not cleared.</summary>
    public Scratch Scratch(DType type, int rows, int cols) =>
        new(Tensor.Of(Arena.Take(rows * type.Bytes(cols)), type, rows, cols));

    /// <summary>Bytes for a kernel's own use, until disposed. Kernel after kernel gets the same memory: the caches hold it.</summary>
    public Scratch Workspace(long bytes)
    {
        // Kernels ask in bytes; rows of 4 KB keep the column count an int for any size.
        const int row = 4096;
        var rows = checked((int)((bytes + row - 1) / row));
        // Ranges in a stack must come and go in an order that does not depend on sizes; and what a caller still uses is no one else's.
        if (rows == 0 || Arena.IsStacked || workspace is { References: > 1 })
            return Scratch(DType.U8, rows, row);
        if (workspace is null || workspace.Bytes < (long)rows * row)
        {
            LetGoOfWorkspace();
            workspace = Arena.Take((long)rows * row);
        }
        workspace.Retain();
        return new(Tensor.Of(workspace, DType.U8, rows, row));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var op in ops)
            ReleaseSaved(op);
        ops.Clear();
        foreach (var v in touched.ToArray())
            DropGrad(v);
        while (scopes.TryPop(out var scope))
            ReleaseAll(scope);
        LetGoOfWorkspace();
    }

    internal Var[] RunForLater(Var[] inputs, Func<Tape, Var[], Var[]> body)
    {
        (recording, runsAgain) = (false, true);
        var outs = InScope(inputs, body);
        (recording, runsAgain) = (true, false);
        return outs;
    }

    // Before what stays is taken: it would lie around the gap that a workspace leaves.
    private void LetGoOfWorkspace()
    {
        workspace?.Release();
        workspace = null;
    }

    private void Remember(Op op)
    {
        foreach (var o in op.Outs)
            o.Value.Block.Flows |= o.Value.Type == Backend.Activation;
        if (op.Recorded)
        {
            Save(op);
            ops.Add(op);
        }
        inspect?.Invoke(op);
    }

    private Var[] InScope(Var[] inputs, Func<Tape, Var[], Var[]> body)
    {
        var outs = Enter(inputs, body);
        LetGoOfWorkspace();
        LeaveAll(scopes.Peek());
        scopes.Pop();
        return outs;
    }

    /// <summary>Runs a body in a scope of its own, which is then the uppermost; the outputs belong to the one below.</summary>
    private Var[] Enter(Var[] inputs, Func<Tape, Var[], Var[]> body)
    {
        scopes.Push([]);
        var outs = body(this, inputs);
        var scope = scopes.Pop();
        foreach (var o in outs)
        {
            // An output may be an input passed through, or in place: then its block belongs to an outer scope already.
            if (scope.Remove(o.Value.Block))
                scopes.Peek().Add(o.Value.Block);
        }
        scopes.Push(scope);
        return outs;
    }
}

/// <summary>A tensor for the length of a <c>using</c>.</summary>
public readonly struct Scratch : IDisposable
{
    internal Scratch(Tensor value) => Value = value;

    /// <summary>The memory, not cleared.</summary>
    public Tensor Value { get; }

    /// <summary>Returns it to the arena.</summary>
    public void Dispose() => Value.Block.Release();
}
