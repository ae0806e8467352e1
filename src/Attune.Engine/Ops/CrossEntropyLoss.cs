using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>
/// losses[i] = w_i · (logsumexp(z_i) − (1 − ε) · z_i[target_i] − ε · mean(z_i)); the gradient is
/// w_i · (softmax(z_i) − (1 − ε) · onehot(target_i) − ε / V). With ε = 0 cross-entropy, above it label smoothing (Szegedy et al. 2016).
/// </summary>
/// <param name="smoothing">ε, in [0, 1).</param>
public sealed class CrossEntropyLoss(float smoothing = 0) : ITokenLoss
{
    /// <inheritdoc />
    public void Run(Tape t, LossRows rows) =>
        t.Backend.Loss.CrossEntropy(rows.Logits, rows.Targets, rows.Weights, rows.Scale, rows.Losses, rows.Gradients, smoothing);
}
