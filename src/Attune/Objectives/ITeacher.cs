using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Ops;

namespace Attune.Objectives;

/// <summary>What a student learns from: says, for the rows of a pass, how likely every next token is.</summary>
/// <remarks>
/// A model that runs on the same pass (Training's teacher), or a file of what a model said before: which of its rows belong to the pass is
/// found by the examples of <see cref="PassInput.Batch"/> and <see cref="PassInput.TrainedRows"/>.
/// </remarks>
public interface ITeacher
{
    /// <summary>The teacher's side of one pass; as in <see cref="ITokenObjective.For"/>.</summary>
    ITeacherRows For(Tape t, PassInput input);

    /// <summary>Bytes of weights and tables that it keeps, mapped ones included.</summary>
    long Bytes { get; }
}

/// <summary>A teacher whose hidden states can be read too: a model in memory.</summary>
public interface IHiddenTeacher : ITeacher
{
    /// <summary>Its side of one pass, and of each layer the rows that are trained on, [n, D].</summary>
    /// <param name="t">As in <see cref="ITeacher.For"/>.</param>
    /// <param name="input">The pass.</param>
    /// <param name="layers">Layers, counted as in <see cref="IHiddenLoss"/>.</param>
    (ITeacherRows Rows, IReadOnlyList<Tensor> Hidden) For(Tape t, PassInput input, IReadOnlyList<int> layers);
}
