using Attune.Engine.Autograd;
using Attune.Engine.Ops;
using Attune.Models;

namespace Attune.Objectives;

/// <summary>What a run minimises over the rows that are trained on: makes the loss of each pass.</summary>
/// <remarks>
/// One object serves the memory plan, which calls it with pretended memory, and the run. What it takes from the tape lives until the
/// pass is done; what it takes and gives back before it returns (a teacher's forward) is a phase before the student's.
/// </remarks>
public interface ITokenObjective
{
    /// <summary>The losses over the trained rows of a pass; called before the model's own forward.</summary>
    /// <param name="t">The pass's tape. On pretended memory nothing may be read or written.</param>
    /// <param name="input">The pass: its ids, its examples (<see cref="PassInput.Batch"/>), and which rows are trained on.</param>
    PassLoss For(Tape t, PassInput input);

    /// <summary>Bytes of weights and tables that it keeps beside the model's own, mapped ones included.</summary>
    long Bytes => 0;

    /// <summary>Matrices of its own that train with the model, and are dropped when the run is done.</summary>
    IReadOnlyList<ParameterInfo> Own => [];
}

/// <summary>What is minimised over the rows of a pass that are trained on: losses of two kinds, which add up.</summary>
/// <param name="Tokens">Over their logits.</param>
/// <param name="Hidden">Over their hidden states; null for none.</param>
public readonly record struct PassLoss(ITokenLoss Tokens, IHiddenLoss? Hidden = null);

/// <summary>Cross-entropy of the data's own next tokens.</summary>
/// <param name="Smoothing">ε of label smoothing, in [0, 1): the part of a label's mass that goes to all tokens alike.</param>
public sealed record LabelObjective(double Smoothing = 0) : ITokenObjective
{
    /// <summary>Without smoothing; it holds nothing.</summary>
    public static LabelObjective Shared { get; } = new();

    /// <inheritdoc />
    public PassLoss For(Tape t, PassInput input) => new(new CrossEntropyLoss((float)Smoothing));
}
