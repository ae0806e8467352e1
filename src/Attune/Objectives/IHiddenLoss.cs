using Attune.Engine;
using Attune.Engine.Autograd;

namespace Attune.Objectives;

/// <summary>A loss over hidden states of a pass, beside the one over its logits: matching a teacher's.</summary>
/// <remarks>Layers are counted by the blocks that have run, from 1; behind the last block the final norm is included: what the head reads.</remarks>
public interface IHiddenLoss
{
    /// <summary>Whether it reads a layer.</summary>
    bool Reads(int layer);

    /// <summary>The loss over the trained rows of one layer, as [1, 1]; on pretended memory nothing may be read or written.</summary>
    Var Run(Tape t, HiddenRows rows);
}

/// <summary>Hidden states of the rows of a pass that are trained on.</summary>
/// <param name="Layer">Of which layer.</param>
/// <param name="Rows">[n, C].</param>
/// <param name="Capacity">Rows to have memory for, so that a plan does not depend on n.</param>
/// <param name="Losses">[1, n], to be written: by row, unscaled.</param>
/// <param name="Scale">1 / number of trained tokens of the whole step.</param>
/// <param name="Own">What of the objective's own matrices trains (<see cref="ITokenObjective.Own"/>), by name.</param>
public readonly record struct HiddenRows(int Layer, Var Rows, int Capacity, Tensor Losses, float Scale, Func<string, Parameter?> Own);
