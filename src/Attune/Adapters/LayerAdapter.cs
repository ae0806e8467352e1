using Attune.Engine.Autograd;
using Attune.Models;

namespace Attune.Adapters;

/// <summary>A change of one linear layer that can be trained, saved and merged: what an <see cref="AdapterSet"/> holds.</summary>
/// <param name="layer">The layer.</param>
public abstract class LayerAdapter(Linear layer) : LinearAdapter
{
    /// <summary>The layer it adapts.</summary>
    public Linear Layer { get; } = layer;

    /// <summary>What trains and is saved, under the names of PEFT's files, in the order in which a forward reads it.</summary>
    public abstract IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Bytes that it holds beside <see cref="Parameters"/> and outside of every arena.</summary>
    public virtual long OwnBytes => 0;

    /// <summary>Sets starting values.</summary>
    /// <param name="start">What they may be made of.</param>
    public abstract void Start(AdapterStart start);
}
