using Attune.Engine.Autograd;
using Attune.Engine.Ops;

namespace Attune.Objectives;

/// <summary>What a run minimises over the rows that are trained on: makes the loss of each pass.</summary>
/// <remarks>
/// One object serves the memory plan, which calls it with pretended memory, and the run. What it takes from the tape lives until the
/// pass is done; what it takes and gives back before it returns (a teacher's forward) is a phase before the student's.
/// </remarks>
public interface ITokenObjective
{
    /// <summary>The loss over the trained rows of a pass; called before the model's own forward.</summary>
    /// <param name="t">The pass's tape. On pretended memory nothing may be read or written.</param>
    /// <param name="input">The pass: its ids, its examples (<see cref="PassInput.Batch"/>), and which rows are trained on.</param>
    ITokenLoss For(Tape t, PassInput input);

    /// <summary>Bytes of weights and tables that it keeps beside the model's own, mapped ones included.</summary>
    long Bytes => 0;
}

/// <summary>Cross-entropy of the data's own next tokens.</summary>
/// <param name="Smoothing">ε of label smoothing, in [0, 1): the part of a label's mass that goes to all tokens alike.</param>
public sealed record LabelObjective(double Smoothing = 0) : ITokenObjective
{
    /// <summary>Without smoothing; it holds nothing.</summary>
    public static LabelObjective Shared { get; } = new();

    /// <inheritdoc />
    public ITokenLoss For(Tape t, PassInput input) => new CrossEntropyLoss((float)Smoothing);
}
