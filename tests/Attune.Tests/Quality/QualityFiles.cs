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

    /// <summary>A row of messages in which the assistant calls a tool and says nothing.</summary>
    private protected static string CallRow(string prompt, string tool, object arguments, string? id = null, string? reasoning = null) => JsonSerializer.Serialize(new
    {
        messages = new object[]
        {
            new { role = "user", content = prompt },
            new { role = "assistant", content = "", reasoning_content = reasoning, tool_calls = new[] { new { id, type = "function", function = new { name = tool, arguments } } } },
        },
    }) + "\n";

    private protected static QualityReport Report(string path, params string[] evaluation) => Report(new QualityOptions
    {
        Files = [path],
        Evaluation = [.. evaluation.Select(static e => new DataSource(e))],
    });

    private protected static QualityReport Report(QualityOptions options) => DataQuality.Report(options, cancel: TestContext.Current.CancellationToken);

    private protected static QualityFinding Of(QualityReport report, string check) => Assert.Single(report.Findings, f => f.Check == check);
}
