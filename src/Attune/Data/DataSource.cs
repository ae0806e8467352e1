using System.Collections.Frozen;

namespace Attune.Data;

/// <summary>One file of rows, and how it differs from the other files of its set.</summary>
/// <param name="Path">The file; behind <c>#</c> the part of a JSON document that holds the rows, where that is not the whole.</param>
public sealed record DataSource(string Path)
{
    /// <summary>How often each row is seen in an epoch, on the average: 2 is twice in each, 0.5 in every other. Above 0.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Shape of the rows; null for what holds for all files.</summary>
    public string? Format { get; init; }

    /// <summary>Field of the shape → column or template; empty for what holds for all files.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>The file on disk, without the part.</summary>
    public string File => DataPath.Of(Path).File;

    /// <summary>A file like all others.</summary>
    public static implicit operator DataSource(string path) => new(path);
}
