using Attune.Engine.Autograd;
using Attune.Engine.Ops;

namespace Attune.Objectives;

/// <summary>Learning from a teacher and from the data's own labels: see <see cref="DistillationLoss"/> for the formula.</summary>
/// <param name="Teacher">The teacher.</param>
/// <param name="Divergence">How far the student is from it.</param>
/// <param name="Temperature">T, above 0, that both sides' logits are divided by.</param>
/// <param name="LabelWeight">λ from 0 to 1: the weight of the labels; the teacher's is 1 − λ.</param>
public sealed record Distillation(ITeacher Teacher, Engine.Backends.Divergence Divergence, double Temperature, double LabelWeight) : ITokenObjective
{
    /// <inheritdoc />
    public long Bytes => Teacher.Bytes;

    /// <summary>What learns from the labels.</summary>
    public ITokenObjective Labels { get; init; } = LabelObjective.Shared;

    /// <inheritdoc />
    public ITokenLoss For(Tape t, PassInput input) =>
        new DistillationLoss(Labels.For(t, input), Teacher.For(t, input), Divergence, (float)Temperature, (float)LabelWeight);
}
