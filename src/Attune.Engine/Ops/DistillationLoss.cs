using Attune.Engine.Autograd;
using Attune.Engine.Backends;

namespace Attune.Engine.Ops;

/// <summary>
/// losses[i] = λ_i · labels_i + μ_i · T² · D(p_i ‖ q_i) of the teacher's p = softmax(teacher_i / T) and the student's q = softmax(z_i / T),
/// over the tokens that both know. T² keeps the size of the gradient when T changes (Hinton et al. 2015). λ and μ hold the rows' own weights.
/// </summary>
/// <param name="labels">What learns from the data's own targets, and λ: [1, n] of all rows of the pass; null where the teacher is alone.</param>
/// <param name="teacher">The teacher's side.</param>
/// <param name="weights">μ: [1, n] of all rows of the pass.</param>
/// <param name="divergence">D.</param>
/// <param name="temperature">T, above 0.</param>
public sealed class DistillationLoss(
    (ITokenLoss Loss, Tensor Weights)? labels, ITeacherRows teacher, Tensor weights, Divergence divergence, float temperature) : ITokenLoss
{
    /// <inheritdoc />
    public void Run(Tape t, LossRows rows)
    {
        var (count, vocabulary) = (rows.Logits.Rows, teacher.Vocabulary);
        Tensor Of(Tensor all) => all.ColRange(rows.First, count);
        using var memory = t.Scratch(rows.Capacity, vocabulary);
        using var more = t.Scratch(1, rows.Capacity);
        var (other, losses) = (memory.Value.RowRange(0, count), more.Value.ColRange(0, count));
        teacher.Fill(t, rows, other);
        var shared = rows.Logits.ColRange(0, vocabulary);
        t.Backend.Loss.Divergence(shared, other, Of(weights), divergence, temperature, rows.Scale, losses, rows.Gradients);
        // From here on the teacher's rows are the gradients for the student's.
        if (labels is var (loss, shares))
            loss.Run(t, rows with { Weights = Of(shares) });
        else if (rows.Gradients)
            t.Backend.Pointwise.Fill(rows.Logits, 0);
        t.Backend.Pointwise.AddScaled(losses, 1, rows.Losses, labels is null ? 0 : 1);
        if (rows.Gradients)
            t.Backend.Pointwise.AddScaled(other, 1, shared, 1);
    }
}
