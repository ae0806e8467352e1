using Attune.Engine.Backends;

namespace Attune.Engine.Ops;

/// <summary>losses[i] = w_i · (logsumexp(z_i) − z_i[target_i]); the gradient is w_i · (softmax(z_i) − onehot(target_i)).</summary>
public sealed class CrossEntropyLoss : IRowLoss
{
    /// <inheritdoc />
    public void Run(Backend backend, Tensor logits, int firstRow, Tensor targets, Tensor weights, float scale, Tensor losses, bool gradients)
    {
        var rows = logits.Rows;
        backend.Loss.CrossEntropy(
            logits, targets.ColRange(firstRow, rows), weights.ColRange(firstRow, rows), scale, losses.ColRange(firstRow, rows), gradients);
    }
}
