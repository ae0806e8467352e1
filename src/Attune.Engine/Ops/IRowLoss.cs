using Attune.Engine.Backends;

namespace Attune.Engine.Ops;

/// <summary>A loss that is a sum over rows of logits.</summary>
public interface IRowLoss
{
    /// <summary>
    /// Writes the losses of some rows, unscaled, and turns their logits into gradients where asked for.
    /// </summary>
    /// <param name="backend">Runs the kernels.</param>
    /// <param name="logits">[m, V]; where <paramref name="gradients"/>, overwritten by scale · ∂losses[i]/∂logits.</param>
    /// <param name="firstRow">Column of targets, weights and losses that belongs to row 0 of the logits.</param>
    /// <param name="targets">[1, n] I32, of all rows.</param>
    /// <param name="weights">[1, n], of all rows.</param>
    /// <param name="scale">Factor of the gradient.</param>
    /// <param name="losses">[1, n], of all rows; columns firstRow … firstRow + m − 1 are written.</param>
    /// <param name="gradients">Whether the logits become gradients.</param>
    void Run(Backend backend, Tensor logits, int firstRow, Tensor targets, Tensor weights, float scale, Tensor losses, bool gradients);
}
