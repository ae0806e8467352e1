using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>losses[i] = w_i · (logsumexp(z_i) − z_i[target_i]); the gradient is w_i · (softmax(z_i) − onehot(target_i)).</summary>
public sealed class CrossEntropyLoss : ITokenLoss
{
    /// <inheritdoc />
    public void Run(Tape t, LossRows rows) =>
        t.Backend.Loss.CrossEntropy(rows.Logits, rows.Targets, rows.Weights, rows.Scale, rows.Losses, rows.Gradients);
}
