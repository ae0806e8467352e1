namespace Attune.Engine.Autograd;

/// <summary>
/// One operation of the tape. Its constructor arguments are its inputs, its fields are what it saves; <see cref="Forward"/> can be
/// run again, <see cref="Backward"/> accumulates into the gradients of the inputs.
/// </summary>
public abstract class Op(params Var[] inputs)
{
    /// <summary>What the operation reads, parameters included.</summary>
    public IReadOnlyList<Var> Inputs { get; } = inputs;

    /// <summary>What it wrote, after <see cref="Forward"/>.</summary>
    public IReadOnlyList<Var> Outs { get; protected set; } = [];

    /// <summary>The only output, for operations that have one.</summary>
    public Var Out => Outs[0];

    /// <summary>True where the tape will call <see cref="Backward"/>; otherwise nothing need be kept for it.</summary>
    public bool Recorded { get; internal set; }

    /// <summary>Tensors that must survive unchanged until <see cref="Backward"/>, and nothing else.</summary>
    public virtual IEnumerable<Tensor> Saved => [];

    /// <summary>Those of <see cref="Saved"/> that may not be rounded while they wait, because backward magnifies what they are off by.</summary>
    public virtual IEnumerable<Tensor> Exact => [];

    /// <summary>
    /// True where the outputs are cheaper to compute again than to hold: one pass over memory. The tape then frees them at the end of
    /// their segment although later operations saved them, and calls <see cref="Fill"/> when backward first reads them.
    /// </summary>
    public virtual bool IsCheap => false;

    /// <summary>Computes <see cref="Outs"/>.</summary>
    public abstract void Forward(Tape t);

    /// <summary>
    /// Writes the values of <see cref="Outs"/> into the memory that they have: the last part of forward where the operation
    /// <see cref="IsCheap"/>. Reads nothing but parameters and what is <see cref="Saved"/>; gives the same bits each time.
    /// </summary>
    protected internal virtual void Fill(Tape t) => throw new NotSupportedException($"{GetType().Name} keeps its outputs");

    /// <summary>Reads the gradients of <see cref="Outs"/>, accumulates into those of <see cref="Inputs"/>.</summary>
    public abstract void Backward(Tape t);

    /// <summary>Reports a shape that does not fit, naming the operation and both shapes.</summary>
    protected void Require(bool fits, string what, Tensor a, Tensor b)
    {
        if (!fits)
            throw new ShapeException($"{GetType().Name}: {what}: {a} and {b}");
    }
}

/// <summary>Two shapes that an operation cannot combine.</summary>
public sealed class ShapeException(string message) : Exception(message);
