using Attune.Engine.Autograd;
using Attune.Engine.Backends;

namespace Attune.Engine.Ops;

/// <summary>
/// losses[i] = λ · labels_i + (1 − λ) · w_i · T² · D(p_i ‖ q_i) of the teacher's p = softmax(teacher_i / T) and the student's
/// q = softmax(z_i / T), over the tokens that both know. T² keeps the size of the gradient when T changes (Hinton et al. 2015).
/// </summary>
/// <param name="labels">What learns from the data's own targets.</param>
/// <param name="teacher">The teacher's side.</param>
/// <param name="divergence">D.</param>
/// <param name="temperature">T, above 0.</param>
/// <param name="labelWeight">λ, from 0 to 1; with 0 the targets are not looked at.</param>
public sealed class DistillationLoss(ITokenLoss labels, ITeacherRows teacher, Divergence divergence, float temperature, float labelWeight) : ITokenLoss
{
    /// <inheritdoc />
    public void Run(Tape t, LossRows rows)
    {
        var (count, vocabulary) = (rows.Logits.Rows, teacher.Vocabulary);
        var weight = 1 - labelWeight;
        using var memory = t.Scratch(rows.Capacity, vocabulary);
        using var more = t.Scratch(1, rows.Capacity);
        var (other, losses) = (memory.Value.RowRange(0, count), more.Value.ColRange(0, count));
        teacher.Fill(t, rows, other);
        var shared = rows.Logits.ColRange(0, vocabulary);
        t.Backend.Loss.Divergence(shared, other, rows.Weights, divergence, temperature, rows.Scale * weight, losses, rows.Gradients);
        // From here on the teacher's rows are the gradients for the student's.
        if (labelWeight > 0)
            labels.Run(t, rows with { Scale = rows.Scale * labelWeight });
        else if (rows.Gradients)
            t.Backend.Pointwise.Fill(rows.Logits, 0);
        t.Backend.Pointwise.AddScaled(losses, weight, rows.Losses, labelWeight);
        if (rows.Gradients)
            t.Backend.Pointwise.AddScaled(other, 1, shared, 1);
    }
}
