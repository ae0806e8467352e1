using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>
/// A loss that is a sum over rows of logits, taken chunk by chunk so that [tokens, V] never exists: cross-entropy, every distillation.
/// </summary>
/// <remarks>
/// A loss adds up from parts that each write gradients of their own: <see cref="DistillationLoss"/> takes what learns from the labels
/// (<see cref="CrossEntropyLoss"/>, the one place for what is done to labels, such as smoothing) and what says the teacher's side
/// (<see cref="ITeacherRows"/>). A loss over rows that do not stand for the same tokens implements this interface itself.
/// </remarks>
public interface ITokenLoss
{
    /// <summary>Writes the losses of some rows, unscaled, and turns their logits into gradients where asked for.</summary>
    /// <param name="t">The tape: its backend, and scratch memory. On pretended memory nothing may be read or written.</param>
    /// <param name="rows">The rows.</param>
    void Run(Tape t, LossRows rows);
}

/// <summary>Rows of logits whose loss is to be computed.</summary>
/// <param name="Logits">[m, V]; where <paramref name="Gradients"/>, overwritten by scale · ∂losses[i]/∂logits.</param>
/// <param name="First">Number of the first of them among all rows of the pass that are trained on.</param>
/// <param name="Capacity">Rows that a chunk has at the most: what scratch memory is taken for, so that a plan does not depend on m.</param>
/// <param name="Targets">[1, m] I32.</param>
/// <param name="Weights">[1, m], in the activation type.</param>
/// <param name="Losses">[1, m], written.</param>
/// <param name="Scale">Factor of the gradient.</param>
/// <param name="Gradients">Whether the logits become gradients.</param>
public readonly record struct LossRows(
    Tensor Logits, int First, int Capacity, Tensor Targets, Tensor Weights, Tensor Losses, float Scale, bool Gradients);
