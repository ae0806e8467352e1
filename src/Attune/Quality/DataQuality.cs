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

    /// <summary>Applies remedies: writes the rows that stay as they came, and beside them a list of what was dropped and changed, and why.</summary>
    /// <param name="options">The files, the remedies, and the file to write; without one it is only found out what would go.</param>
    /// <param name="progress">Gets bytes done and bytes to do, often; once for each of the two passes.</param>
    /// <param name="cancel">Honoured between rows; what was there before stays.</param>
    /// <exception cref="UserErrorException">An input is wrong, or no row would be left.</exception>
    /// <exception cref="RunFailedException">The disk is full, or the place cannot be written to.</exception>
    public static CleanResult Clean(CleanOptions options, Action<long, long>? progress = null, CancellationToken cancel = default)
    {
        using var run = new CleanRun(options);
        return run.Execute(progress, cancel);
    }
}
