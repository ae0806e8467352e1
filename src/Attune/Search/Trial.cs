namespace Attune.Search;

/// <summary>How far a trial is.</summary>
public enum TrialState
{
    /// <summary>Begun once and given back, by a stop or by the death of its process: to be taken up again.</summary>
    Waiting,

    /// <summary>A process works on it.</summary>
    Running,

    /// <summary>Stopped early, because others were better at the same step.</summary>
    Pruned,

    /// <summary>Has its result.</summary>
    Done,

    /// <summary>Ended in an error.</summary>
    Failed,
}

/// <summary>A value that a trial measured on its way.</summary>
/// <param name="Step">The optimizer step.</param>
/// <param name="Value">The metric.</param>
public readonly record struct TrialReport(int Step, double Value);

/// <summary>One run of a study.</summary>
public sealed record Trial
{
    /// <summary>Counted from 0. Decides the random numbers of its proposal, and its folder.</summary>
    public required int Number { get; init; }

    /// <summary>The parameters that are there, in the order of the space.</summary>
    public required IReadOnlyList<ParameterValue> Values { get; init; }

    /// <summary>How far it is.</summary>
    public required TrialState State { get; init; }

    /// <summary>What it measured on its way, by rising step, each step once.</summary>
    public IReadOnlyList<TrialReport> Reports { get; init; } = [];

    /// <summary>What it came to; null until it is done. A pruned trial has its reports alone.</summary>
    public double? Result { get; init; }

    /// <summary>Why it failed; null otherwise.</summary>
    public string? Error { get; init; }

    /// <summary>Who works on it, or did last.</summary>
    public string? Owner { get; init; }

    /// <summary>Until when it is the owner's without another sign of life; by the store's clock. Null where it is not running.</summary>
    public DateTimeOffset? LeaseEnds { get; init; }

    /// <summary>How often it was begun.</summary>
    public int Attempts { get; init; }

    /// <summary>Whether nothing more will come.</summary>
    public bool IsOver => State is TrialState.Pruned or TrialState.Done or TrialState.Failed;

    /// <summary>The value of a parameter; null where it is not there.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var value in Values)
            {
                if (value.Name == name)
                    return value.Value;
            }
            return null;
        }
    }
}

/// <summary>How a trial ended.</summary>
/// <param name="State">Pruned, done or failed.</param>
/// <param name="Result">Of a trial that is done.</param>
/// <param name="Error">Of a trial that failed.</param>
public sealed record TrialEnd(TrialState State, double? Result = null, string? Error = null);
