using Attune.Problems;

namespace Attune.Data;

/// <summary>Collects what is wrong with a data set, so that a user hears of all bad rows at once and not one a run.</summary>
/// <remarks>Keeps the first <see cref="Shown"/> and counts the rest: a file of the wrong kind would otherwise print a line a row.</remarks>
internal sealed class ProblemList
{
    /// <summary>How many problems are kept in full.</summary>
    public const int Shown = 20;

    private readonly List<Problem> first = [];
    private readonly List<RowFault> faults = [];

    /// <summary>How many were added, kept or not.</summary>
    public int Count { get; private set; }

    /// <summary>The first problems, in the order in which they were found.</summary>
    public IReadOnlyList<Problem> First => first;

    /// <summary>The kinds of the first problems, in their order.</summary>
    public IReadOnlyList<RowFault> Faults => faults;

    public void Add(Problem problem, RowFault fault = RowFault.Content)
    {
        Count++;
        if (first.Count == Shown) return;
        first.Add(problem);
        faults.Add(fault);
    }

    /// <summary>Adds what another list collected.</summary>
    public void Add(ProblemList others)
    {
        foreach (var (problem, fault) in others.first.Zip(others.faults)) Add(problem, fault);
        Count += others.Count - others.first.Count;
    }

    public void Add(string place, string message, string remedy = "", RowFault fault = RowFault.Content) => Add(new Problem(place, message, remedy), fault);

    /// <summary>Throws one <see cref="UserErrorException"/> with everything that was collected; does nothing if that is nothing.</summary>
    public void ThrowIfAny()
    {
        if (Count == 0) return;
        throw new UserErrorException(Count <= Shown ? first : [.. first, new Problem("", $"and {Count - Shown} more problems of this data set")]);
    }
}
