using Attune.Problems;

namespace Attune.Quality;

/// <summary>What is good and bad about rows, before anything is trained on them.</summary>
public static class DataQuality
{
    /// <summary>Looks through files of rows with every check of <see cref="QualityChecks"/>; changes nothing.</summary>
    /// <param name="options">The files, and how they are looked at.</param>
    /// <param name="progress">Gets bytes done and bytes to do, often.</param>
    /// <param name="cancel">Honoured between rows.</param>
    /// <exception cref="UserErrorException">A file is missing, of no known shape, or no row of it can be read.</exception>
    public static QualityReport Report(QualityOptions options, Action<long, long>? progress = null, CancellationToken cancel = default)
    {
        using var scan = QualityScan.ForReport(options);
        return scan.Run(progress, cancel);
    }
}
