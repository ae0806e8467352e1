namespace Attune.Engine.Autograd;

/// <summary>A value that flows between operations, with its gradient once backward has reached it.</summary>
public class Var
{
    /// <summary>A value; <paramref name="needsGrad"/> for leaves whose gradient is asked for.</summary>
    public Var(Tensor value, bool needsGrad = false) => (Value, NeedsGrad) = (value, needsGrad);

    /// <summary>The value, [rows, columns].</summary>
    public Tensor Value { get; }

    /// <summary>∂loss/∂value in the value's shape; null until backward writes it.</summary>
    public Tensor? Grad { get; internal set; }

    /// <summary>True where something upstream trains, so that the gradient must be computed.</summary>
    public bool NeedsGrad { get; internal set; }

    /// <summary>True once an operation wrote its output over the value, or the tape was told that it is done with; nothing may read it through this any more.</summary>
    internal bool Overwritten { get; set; }

    /// <summary>An output in this value's memory. Refused for weights, and while a recorded operation needs the present contents.</summary>
    /// <exception cref="InvalidOperationException">The contents are needed.</exception>
    public Var Overwrite()
    {
        if (this is Parameter || Value.Block.Savers > 0)
            throw new InvalidOperationException("an operation would overwrite a weight, or values that a recorded operation saved");
        Overwritten = true;
        // The contents are no longer those of the operation that made them.
        Value.Block.Maker = null;
        return new Var(Value);
    }
}

/// <summary>A named weight of a model: frozen or trained.</summary>
public sealed class Parameter : Var
{
    /// <summary>A frozen parameter, in any weight format.</summary>
    public Parameter(string name, Tensor value) : base(value) => Name = name;

    /// <summary>A trained parameter: F32 (F64 in gradient checks), with a persistent gradient.</summary>
    public Parameter(string name, Tensor value, Tensor grad) : base(value, needsGrad: true) => (Name, Grad) = (name, grad);

    /// <summary>Its name in checkpoints.</summary>
    public string Name { get; }

    /// <summary>True once this optimizer step's gradient holds something; the first write overwrites, later ones add.</summary>
    public bool GradReached { get; internal set; }

    /// <summary>Counts the changes of the value, so that packed copies know when they are stale.</summary>
    public long Version { get; private set; }

    /// <summary>Called after the optimizer wrote the value.</summary>
    public void Changed() => Version++;

    /// <summary>Begins an optimizer step: what was accumulated is void. Gradients that are then never reached count as zero.</summary>
    public void RestartGrad() => GradReached = false;
}
