using System.Text.Json;
using Attune.Data;
using Attune.Problems;
using Attune.Quality;
using Attune.Recipes;
using Attune.Reports;
using Spectre.Console;

namespace Attune.Cli;

/// <summary>What was found in data files, as text for a terminal and as JSON.</summary>
internal static class QualityView
{
    private const long Megabyte = 1_000_000;

    // What takes under a second needs no bar.
    private const long WorthShowing = 20 * Megabyte;

    /// <summary>Does what reads files, with a progress bar.</summary>
    public static T WithProgress<T>(CommandContext c, string title, Func<Action<long, long>, T> work)
    {
        Progress? bar = null;
        try
        {
            return work((done, all) =>
            {
                if (all >= WorthShowing) (bar ??= c.Output.Begin(title, all / Megabyte, "MB")).Report(done / Megabyte);
            });
        }
        finally
        {
            bar?.Dispose();
        }
    }

    /// <summary>A line for every check, then the rows of those that found something.</summary>
    public static void Show(IAnsiConsole console, QualityReport report)
    {
        foreach (var file in report.Files) console.WriteLine(Of(file, ""));
        foreach (var file in report.Evaluation) console.WriteLine(Of(file, ", measured on"));
        foreach (var warning in report.Warnings) console.WriteLine($"  {warning}");
        console.WriteLine();
        var table = new Table().Border(TableBorder.None).HideHeaders();
        table.AddColumn(new TableColumn("").PadLeft(0)).AddColumn(new TableColumn("").PadRight(3)).AddColumn(new TableColumn("").RightAligned()).AddColumn("");
        foreach (var finding in report.Findings)
            table.AddRow(Mark(finding.Severity), Markup.Escape(finding.Title), finding.Rows == 0 ? "" : Numbers.Percent(finding.Share), Markup.Escape(finding.Text));
        console.Write(table);
        foreach (var finding in report.Findings) ShowDetails(console, finding);
    }

    /// <summary>The command that says what the first remedy of every finding would take away, as it can be pasted; null where nothing was found.</summary>
    public static string? Remedy(QualityReport report, QualityOptions options)
    {
        string[] remedies = [.. report.Findings.Where(static f => f.Rows > 0 && f.Remedies.Count > 0).Select(static f => f.Remedies[0])];
        if (remedies.Length == 0)
            return null;
        var valid = options.Evaluation.Count == 0 ? "" : $" --valid {ShellWord.Of(options.Evaluation.Select(SourceKinds.Flag))}";
        return $"attune data clean {ShellWord.Of(options.Files.Select(SourceKinds.Flag))}{valid}{ColumnPairs.Flag(options.Columns)} --remedy {ShellWord.Of(remedies)} --dry-run";
    }

    /// <summary>The whole report as one object.</summary>
    public static void Write(Utf8JsonWriter json, QualityReport report)
    {
        json.WriteStartObject();
        WriteFiles(json, "files", report.Files);
        WriteFiles(json, "evaluation", report.Evaluation);
        json.WriteNumber("rows", report.Rows);
        json.WriteNumber("bytes", report.Bytes);
        json.WriteStartArray("warnings");
        foreach (var warning in report.Warnings) json.WriteStringValue(warning);
        json.WriteEndArray();
        json.WriteStartArray("checks");
        foreach (var finding in report.Findings) Write(json, finding);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void ShowDetails(IAnsiConsole console, QualityFinding finding)
    {
        if (finding.Examples.Count == 0 && finding.Tables.Count == 0) return;
        console.WriteLine();
        console.MarkupLine($"[bold]{Markup.Escape(finding.Title)}[/]");
        foreach (var table in finding.Tables)
        {
            if (table.Name != finding.Title) console.WriteLine($"  {table.Name}");
            foreach (var (label, value) in table.Rows.Where(static r => r.Value != 0)) console.WriteLine($"  {Numbers.Short(value),8}  {label}");
        }
        ShowExamples(console, finding.Examples, finding.Rows);
    }

    /// <summary>The first rows of those concerned, and how many more there are.</summary>
    public static void ShowExamples(IAnsiConsole console, IReadOnlyList<QualityExample> examples, long rows)
    {
        foreach (var example in examples)
        {
            console.WriteLine($"  {example.Place} {example.Why}");
            ShowExcerpt(console, example);
            if (example.Other is { } other) ShowExcerpt(console, other);
        }
        if (rows > examples.Count && examples.Count > 0) console.WriteLine($"  … and {rows - examples.Count} more");
    }

    private static void ShowExcerpt(IAnsiConsole console, QualityExample example)
    {
        var text = example.Answer.Length == 0 ? example.Prompt : example.Prompt.Length == 0 ? example.Answer : $"{example.Prompt} → {example.Answer}";
        text = text.ReplaceLineEndings(" ");
        var most = console.Profile.Width - 6;
        console.MarkupLine($"    [dim]{Markup.Escape(text.Length <= most ? text : text[..(most - 1)] + "…")}[/]");
    }

    private static string Of(FileReport file, string use) => $"{Shown(file.Path)}: {file.Format}, {file.Shape}, {file.Rows} rows{use}";

    /// <summary>A path as the user would name it: below the folder in which the command runs, from there.</summary>
    public static string Shown(string path)
    {
        var near = Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
        return near.StartsWith("..", StringComparison.Ordinal) ? path : near;
    }

    private static string Mark(QualitySeverity severity) => severity switch
    {
        QualitySeverity.Fine => "[green]✓[/]",
        QualitySeverity.Note => "[cyan]·[/]",
        QualitySeverity.Warning => "[yellow]![/]",
        _ => "[red]✗[/]",
    };

    private static void WriteFiles(Utf8JsonWriter json, string name, IReadOnlyList<FileReport> files)
    {
        json.WriteStartArray(name);
        foreach (var file in files)
        {
            json.WriteStartObject();
            json.WriteString("path", file.Path);
            json.WriteString("format", file.Format);
            json.WriteString("shape", file.Shape);
            json.WriteNumber("rows", file.Rows);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, QualityFinding finding)
    {
        json.WriteStartObject();
        json.WriteString("check", finding.Check);
        json.WriteString("title", finding.Title);
        json.WriteString("severity", finding.Severity.ToString().ToLowerInvariant());
        json.WriteNumber("rows", finding.Rows);
        json.WriteNumber("share", Math.Round(finding.Share, 6));
        json.WriteString("text", finding.Text);
        json.WriteStartObject("figures");
        foreach (var (name, value) in finding.Figures) json.WriteNumber(name, value);
        json.WriteEndObject();
        json.WriteStartObject("tables");
        foreach (var table in finding.Tables)
        {
            json.WriteStartArray(table.Name);
            foreach (var (label, value) in table.Rows)
            {
                json.WriteStartArray();
                json.WriteStringValue(label);
                json.WriteNumberValue(value);
                json.WriteEndArray();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
        json.WriteStartArray("examples");
        foreach (var example in finding.Examples) Write(json, example);
        json.WriteEndArray();
        json.WriteStartArray("remedies");
        foreach (var remedy in finding.Remedies) json.WriteStringValue(remedy);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>A row that is concerned.</summary>
    public static void Write(Utf8JsonWriter json, QualityExample example)
    {
        json.WriteStartObject();
        json.WriteString("place", example.Place);
        if (example.Why.Length > 0) json.WriteString("why", example.Why);
        json.WriteString("prompt", example.Prompt);
        json.WriteString("answer", example.Answer);
        if (example.Other is { } other)
        {
            json.WritePropertyName("other");
            Write(json, other);
        }
        json.WriteEndObject();
    }
}
