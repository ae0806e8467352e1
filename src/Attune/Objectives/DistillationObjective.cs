using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Ops;

namespace Attune.Objectives;

/// <summary>Learning from a teacher and from the data's own labels: see <see cref="DistillationLoss"/> for the formula.</summary>
/// <param name="Teacher">The teacher.</param>
/// <param name="Divergence">How far the student is from it.</param>
/// <param name="Temperature">T, above 0, that both sides' logits are divided by.</param>
/// <param name="LabelWeight">λ from 0 to 1: the weight of the labels; the teacher's is 1 − λ.</param>
public sealed record DistillationObjective(ITeacher Teacher, Engine.Backends.Divergence Divergence, double Temperature, double LabelWeight) : ITokenObjective
{
    /// <inheritdoc />
    public long Bytes => Teacher.Bytes;

    /// <summary>What learns from the labels.</summary>
    public ITokenObjective Labels { get; init; } = LabelObjective.Shared;

    /// <inheritdoc />
    public ITokenLoss For(Tape t, PassInput input)
    {
        var labels = Labels.For(t, input);
        // With the labels alone the teacher need not read anything, and the bits are those of a run without one.
        if (LabelWeight == 1)
            return labels;
        // What the student wrote itself is no label: there the teacher has all the weight.
        float Share(int row) => input.IsLabel?[row] == false ? 0 : (float)LabelWeight;
        Tensor Weights(Func<int, float> share) => t.Numbers([.. input.Weights.Select((w, i) => w * share(i))], input.Ids.Length);
        return new DistillationLoss(
            LabelWeight == 0 ? null : (labels, Weights(Share)), Teacher.For(t, input), Weights(i => 1 - Share(i)), Divergence, (float)Temperature);
    }
}
