using System.Text.Json;
using Attune.Data;
using Attune.Quality;
using Attune.Tests.Data;

namespace Attune.Tests.Quality;

/// <summary>Data files of a test, and what is found in them.</summary>
public abstract class QualityFiles : TempFiles
{
    private protected static string Rows(params (string Prompt, string Answer)[] rows) =>
        string.Concat(rows.Select(static r => JsonSerializer.Serialize(new { prompt = r.Prompt, completion = r.Answer }) + "\n"));

    private protected static QualityReport Report(string path, params string[] evaluation) => Report(new QualityOptions
    {
        Files = [path],
        Evaluation = [.. evaluation.Select(static e => new DataSource(e))],
    });

    private protected static QualityReport Report(QualityOptions options) => DataQuality.Report(options, cancel: TestContext.Current.CancellationToken);

    private protected static QualityFinding Of(QualityReport report, string check) => Assert.Single(report.Findings, f => f.Check == check);
}
