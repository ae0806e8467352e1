using Attune.Formats;
using Attune.Problems;

namespace Attune.Reports;

/// <summary>Puts a run's reports into its folder. To add a format: a writer and a line here.</summary>
public static class ReportFiles
{
    private static readonly (string Name, Func<RunRecord, string> Write)[] Writers =
        [("report.html", HtmlReport.Write), ("report.md", MarkdownReport.Write), ("report.json", JsonReport.Write)];

    /// <summary>Writes every format; returns the paths.</summary>
    /// <exception cref="RunFailedException">A file cannot be written.</exception>
    public static IReadOnlyList<string> Write(string folder, RunRecord run)
    {
        var paths = new List<string>();
        foreach (var (name, write) in Writers)
        {
            paths.Add(Path.Combine(folder, name));
            AtomicFile.WriteText(paths[^1], write(run));
        }

        return paths;
    }
}
