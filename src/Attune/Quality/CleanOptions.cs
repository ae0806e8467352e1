using Attune.Problems;

namespace Attune.Quality;

/// <summary>What is cleaned, and how.</summary>
public sealed record CleanOptions
{
    /// <summary>The files, and how they are looked at. Several must have one format; they are written one behind the other.</summary>
    public required QualityOptions Look { get; init; }

    /// <summary>Remedies by their names, at least one. The order does not matter: changes come first, then drops in the order of the checks.</summary>
    public required IReadOnlyList<string> Remedies { get; init; }

    /// <summary>The file that gets the rows that stay; beside it <c>NAME.dropped.jsonl</c> gets the others. Null for a dry run.</summary>
    public string? Out { get; init; }

    /// <summary>The file that says what was dropped and changed.</summary>
    public string? List => Out is null ? null : Out + ".dropped.jsonl";

    /// <summary>All remedies by their names, with what each does.</summary>
    public static IReadOnlyList<(string Name, string Does)> Known { get; } = [.. QualityChecks.Remedies.Select(static r => (r.Remedy.Name, r.Remedy.Does))];

    /// <summary>The remedies that are named.</summary>
    /// <exception cref="UserErrorException">None is named, or one is unknown.</exception>
    internal IReadOnlyList<QualityRemedy> Chosen()
    {
        var known = string.Join(", ", Known.Select(static k => k.Name));
        if (Remedies.Count == 0) throw new UserErrorException("--remedy", "says nothing: there is nothing to clean", $"name one or more of {known}");
        var problems = Remedies.Where(static r => Known.All(k => k.Name != r)).Select(r =>
            new Problem($"--remedy {r}", $"there is no such remedy; known are {known}", Nearest.To(r, Known.Select(static k => k.Name)) is { } near ? $"did you mean {near}?" : "")).ToList();
        if (problems.Count > 0) throw new UserErrorException(problems);
        return [.. QualityChecks.Remedies.Select(static r => r.Remedy).Where(r => Remedies.Contains(r.Name))];
    }
}

/// <summary>What was cleaned.</summary>
/// <param name="Rows">Records of the files.</param>
/// <param name="Kept">Those that are written, changed or not.</param>
/// <param name="Changed">Rows that a remedy changed.</param>
/// <param name="Remedies">Rows that each remedy dropped or changed, with the first of them, in the order in which they worked.</param>
/// <param name="Unreadable">Rows that are kept although training would refuse them.</param>
public sealed record CleanResult(long Rows, long Kept, long Changed, IReadOnlyList<RemedyResult> Remedies, long Unreadable);

/// <summary>What a remedy did.</summary>
/// <param name="Remedy">Its name.</param>
/// <param name="Does">What it does.</param>
/// <param name="Rows">Rows that it dropped or changed.</param>
/// <param name="Examples">The first of them.</param>
public sealed record RemedyResult(string Remedy, string Does, long Rows, IReadOnlyList<QualityExample> Examples);
