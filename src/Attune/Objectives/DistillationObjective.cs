using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Ops;
using Attune.Models;

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

    /// <summary>Hidden states that are to become the teacher's too, which must then be an <see cref="IHiddenTeacher"/>; null for none.</summary>
    public HiddenMatching? Hidden { get; init; }

    /// <inheritdoc />
    public IReadOnlyList<ParameterInfo> Own => Hidden?.Own ?? [];

    /// <inheritdoc />
    public PassLoss For(Tape t, PassInput input)
    {
        var labels = Labels.For(t, input).Tokens;
        // With the labels alone the teacher need not read anything, and the bits are those of a run without one.
        if (LabelWeight == 1 && Hidden is null)
            return new(labels);
        if (Hidden is null)
            return new(TokensOf(t, input, labels, Teacher.For(t, input)));
        var (rows, states) = ((IHiddenTeacher)Teacher).For(t, input, [.. Hidden.Layers.Select(static p => p.Teacher)]);
        return new(LabelWeight == 1 ? labels : TokensOf(t, input, labels, rows), Hidden.Against(t, input, states));
    }

    private DistillationLoss TokensOf(Tape t, PassInput input, ITokenLoss labels, ITeacherRows teacher)
    {
        // What the student wrote itself is no label: there the teacher has all the weight.
        float Share(int row) => input.IsLabel?[row] == false ? 0 : (float)LabelWeight;
        Tensor Weights(Func<int, float> share) => t.Numbers([.. input.Weights.Select((w, i) => w * share(i))], input.Ids.Length);
        return new DistillationLoss(
            LabelWeight == 0 ? null : (labels, Weights(Share)), teacher, Weights(i => 1 - Share(i)), Divergence, (float)Temperature);
    }
}
