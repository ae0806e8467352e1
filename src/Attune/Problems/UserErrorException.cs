namespace Attune.Problems;

/// <summary>One thing that is wrong with what the user gave, said so that it can be mended.</summary>
/// <param name="Place">Where: a file with line, row or key (<c>train.jsonl, row 17</c>; <c>recipe.yaml, method.rank</c>).</param>
/// <param name="Message">What was expected and what was found.</param>
/// <param name="Remedy">What to do about it; empty where the message says it all.</param>
public sealed record Problem(string Place, string Message, string Remedy = "")
{
    /// <summary>One line for a terminal: place, message, remedy.</summary>
    public override string ToString()
    {
        var text = Place.Length == 0 ? Message : $"{Place}: {Message}";
        return Remedy.Length == 0 ? text : $"{text} → {Remedy}";
    }
}

/// <summary>The input (recipe, data, model, arguments) is wrong. Carries every problem found, not only the first. Exit code 2.</summary>
public sealed class UserErrorException : Exception
{
    /// <summary>Several problems, reported together.</summary>
    public UserErrorException(IReadOnlyList<Problem> problems)
        : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    /// <summary>A single problem.</summary>
    public UserErrorException(string place, string message, string remedy = "")
        : this([new Problem(place, message, remedy)])
    {
    }

    /// <summary>All that is wrong, in the order in which it stands in the input.</summary>
    public IReadOnlyList<Problem> Problems { get; }
}

/// <summary>A run that was fine when it started and failed on the way (disk full, non-finite loss). Exit code 1.</summary>
public sealed class RunFailedException : Exception
{
    /// <summary>What failed, where, and what to do.</summary>
    public RunFailedException(Problem problem, Exception? inner = null)
        : base(problem.ToString(), inner) => Problem = problem;

    /// <summary>The failure in parts.</summary>
    public Problem Problem { get; }
}
