using System.Collections.Frozen;
using Attune.Data;

namespace Attune.Quality;

/// <summary>What is looked at, and how.</summary>
public sealed record QualityOptions
{
    /// <summary>Files of rows to look at, at least one.</summary>
    public required IReadOnlyList<DataSource> Files { get; init; }

    /// <summary>Files of rows that a model will be measured on; what they share with the others is contamination.</summary>
    public IReadOnlyList<DataSource> Evaluation { get; init; } = [];

    /// <summary>Field of a row's shape → column of the file, where they differ.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>The model that is to be trained, for what its tokenizer and template do to the rows; null for none.</summary>
    public QualityModel? Model { get; init; }

    /// <summary>The numbers that checks go by.</summary>
    public QualitySettings Settings { get; init; } = new();

    /// <summary>All files in the order in which they are read, those of the evaluation first, each with a name that tells it from the others.</summary>
    internal IEnumerable<(DataSource Source, string Name, bool IsEvaluation)> Sources()
    {
        DataSource[] all = [.. Evaluation, .. Files];
        return all.Zip(SourceNames.Of(all), Enumerable.Range(0, all.Length).Select(i => i < Evaluation.Count));
    }
}

/// <summary>What a check may ask for when it is made.</summary>
/// <param name="Options">What is looked at.</param>
/// <param name="Ledger">Place, keys and beginning of every row by its id.</param>
/// <param name="Remedy">The remedy that the check is to serve; null where it only reports.</param>
internal sealed record QualityContext(QualityOptions Options, RowLedger Ledger, QualityRemedy? Remedy);
