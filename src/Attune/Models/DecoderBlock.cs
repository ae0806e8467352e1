using Attune.Engine;
using Attune.Engine.Autograd;

namespace Attune.Models;

/// <summary>One block of a decoder. A family whose blocks are like no other's writes its own.</summary>
/// <param name="index">Index of the block, from 0.</param>
public abstract class DecoderBlock(int index)
{
    /// <summary>Index of the block, from 0.</summary>
    public int Index { get; } = index;

    /// <summary>All linear layers, in the order in which they run.</summary>
    public abstract IEnumerable<Linear> Linears { get; }

    /// <summary>Runs the block on x: [T, C].</summary>
    /// <param name="t">The tape.</param>
    /// <param name="pass">What varies.</param>
    /// <param name="turns">Cosines and sines of rotary positions (<see cref="Engine.Backends.IAttentionKernels.Turns"/>); null for models that learn their positions.</param>
    /// <param name="x">Residual stream.</param>
    public abstract Var Forward(Tape t, Pass pass, Tensor? turns, Var x);
}
