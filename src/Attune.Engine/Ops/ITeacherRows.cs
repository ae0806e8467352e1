using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>
/// Where the teacher's side of a distillation comes from: rows of logits for the rows of one pass that are trained on, a chunk at a time.
/// A model computes them (<see cref="HeadLogits"/>); a file of its largest log-probabilities fills them in.
/// </summary>
/// <remarks>
/// What is filled in is taken through a softmax, so that log-probabilities serve as logits. A source that knows only the k largest and
/// the mass r of the rest gives the others the student's own proportions: ln r − ln(Σ of the student's others) + the student's
/// log-probability. The ratio of teacher to student is then one number over all of them, so that every divergence of
/// <see cref="Backends.Divergence"/> and its gradient are exactly those of k + 1 outcomes, the rest being one.
/// </remarks>
public interface ITeacherRows
{
    /// <summary>Tokens K that both sides know, 1 … V: further columns of the student (padding of its table) are no part of the divergence.</summary>
    int Vocabulary { get; }

    /// <summary>Writes the teacher's logits of a chunk.</summary>
    /// <param name="t">The tape: its backend, and scratch memory for <see cref="LossRows.Capacity"/> rows. On pretended memory nothing may be read or written.</param>
    /// <param name="student">The student's rows, its logits not yet overwritten; <see cref="LossRows.First"/> says which they are.</param>
    /// <param name="rows">[m, K], to be written.</param>
    void Fill(Tape t, LossRows student, Tensor rows);
}
