using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Models;

namespace Attune.Selection;

/// <summary>What a model is asked with: weights, adapters, memory. The memory is taken after all measures have said what they need.</summary>
/// <param name="Decoder">The model.</param>
/// <param name="Adapters">Adapters to apply, or null.</param>
/// <param name="Backend">Runs the kernels.</param>
/// <param name="PassRows">Rows of the largest pass.</param>
internal sealed record MeasuringModel(Decoder Decoder, IAdapterSet? Adapters, Backend Backend, int PassRows);

/// <summary>What is measured of one row in one pass.</summary>
/// <param name="Values">A few numbers.</param>
/// <param name="Vector">A vector of unit length; null for measures that have none.</param>
internal sealed record Measured(double[] Values, float[]? Vector = null);

/// <summary>Something that a model says of each row for itself, whatever the others are: what takes long, and is written down once.</summary>
internal abstract class RowMeasure
{
    /// <summary>What decides the numbers beside model and rows, by name.</summary>
    public abstract IReadOnlyList<(string Name, string Value)> Settings { get; }

    /// <summary>How often all rows are gone through.</summary>
    public virtual int Passes => 1;

    /// <summary>Numbers of every row.</summary>
    public abstract int Values { get; }

    /// <summary>Length of every row's vector; 0 for none.</summary>
    public virtual int VectorLength(DecoderSpec spec) => 0;

    /// <summary>Bytes of arena that it needs at the most.</summary>
    public abstract long Plan(MeasuringModel model);

    /// <summary>What comes before the rows of a pass.</summary>
    public virtual void Begin(int pass, MeasuringModel model, Arena arena, CancellationToken cancel)
    {
    }

    /// <summary>Measures rows; the numbers of each do not depend on the others.</summary>
    public abstract IReadOnlyList<Measured> Of(IReadOnlyList<SelectionRow> rows, MeasuringModel model, Arena arena, CancellationToken cancel);
}
