using System.Globalization;
using System.Text;
using System.Text.Json;
using Attune.Evaluation;
using Attune.Formats;
using Attune.Reports.Html;

namespace Attune.Reports;

/// <summary>What a model does at one point between its base and what it was tuned to.</summary>
/// <param name="At">Part of the tuned weights, from 0 to 1.</param>
/// <param name="Valid">Loss of the rows that choose.</param>
/// <param name="General">Loss on general text; null where none is measured.</param>
/// <param name="Values">The run's metrics on the test rows.</param>
public sealed record BlendPoint(double At, double Valid, double? General, IReadOnlyList<MetricValue> Values);

/// <summary>A sweep between base and tuned weights.</summary>
/// <param name="Title">The run's name.</param>
/// <param name="Points">In the order of their parts.</param>
/// <param name="Chosen">The one that was written.</param>
/// <param name="Keep">The part of the best gain that it had to keep.</param>
/// <param name="OnTest">Whether test rows chose, because there were no validation rows.</param>
/// <param name="Saved">Folder of the model that was written.</param>
/// <param name="SavedValid">Loss of the rows that choose, of that folder loaded again.</param>
public sealed record BlendReport(string Title, IReadOnlyList<BlendPoint> Points, BlendPoint Chosen, double Keep, bool OnTest, string Saved, double SavedValid)
{
    private bool HasGeneral => Points.All(static p => p.General is not null);

    /// <summary>The rule in a sentence.</summary>
    public string Rule => (HasGeneral
        ? $"Chosen: of the points that keep {Numbers.Percent(Keep)} of the best gain in validation loss, the one with the lowest loss on general text."
        : "Chosen: the point with the lowest validation loss; what is forgotten is not measured.")
        + (OnTest ? " The run had no validation rows, so that its test rows chose: what they show here flatters." : "");

    /// <summary>Chooses by validation loss and loss on general text; the point with less of the tuned weights where two are equal.</summary>
    public static BlendPoint Choose(IReadOnlyList<BlendPoint> points, double keep)
    {
        var best = points.MinBy(static p => p.Valid)!;
        if (points.Any(static p => p.General is null))
            return best;
        var start = points.MinBy(static p => p.At)!.Valid;
        return points.Where(p => start - p.Valid >= keep * (start - best.Valid)).OrderBy(static p => p.General).ThenBy(static p => p.At).First();
    }

    /// <summary>Writes <c>blend.html</c>, <c>blend.md</c> and <c>blend.json</c> into a folder.</summary>
    public void Write(string folder)
    {
        AtomicFile.WriteText(Path.Combine(folder, "blend.md"), Markdown());
        AtomicFile.WriteText(Path.Combine(folder, "blend.json"), JsonText.Of(WriteBody));
        AtomicFile.WriteText(Path.Combine(folder, "blend.html"), Page());
    }

    /// <summary>Names of the columns of <see cref="Rows"/>.</summary>
    public IReadOnlyList<string> Columns => ["tuned weights", "validation loss", .. HasGeneral ? ["loss on general text"] : Array.Empty<string>(), .. Points[0].Values.Where(IsShown).Select(static v => v.Name), ""];

    /// <summary>The table, ready to be shown.</summary>
    public IEnumerable<IReadOnlyList<string>> Rows => Points.Select(p => (IReadOnlyList<string>)
    [
        Name(p.At), Numbers.Value(p.Valid, MetricUnit.Loss), .. HasGeneral ? [Numbers.Value(p.General!.Value, MetricUnit.Loss)] : Array.Empty<string>(),
        .. p.Values.Where(IsShown).Select(static v => Numbers.Value(v.Value, v.Unit)), p == Chosen ? "chosen" : "",
    ]);

    /// <summary>A point's name: <c>25 %</c>.</summary>
    internal static string Name(double at) => Numbers.Percent(at);

    /// <summary>The sweep for programs, into an object that is open.</summary>
    public void WriteBody(Utf8JsonWriter json)
    {
        json.WriteString("saved", Saved);
        JsonText.Number(json, "chosen", Chosen.At);
        JsonText.Number(json, "keep", Keep);
        JsonText.Number(json, "saved_validation_loss", SavedValid);
        json.WriteStartArray("points");
        foreach (var p in Points)
        {
            json.WriteStartObject();
            JsonText.Number(json, "at", p.At);
            JsonText.Number(json, "validation_loss", p.Valid);
            if (p.General is { } general)
                JsonText.Number(json, "general_loss", general);
            json.WriteStartObject("metrics");
            foreach (var v in p.Values.Where(IsShown))
                JsonText.Number(json, v.Name, v.Value);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    // The loss on general text has a column of its own.
    private static bool IsShown(MetricValue v) => v.Key.Length > 0;

    private string Markdown()
    {
        static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |\n";
        var md = new StringBuilder($"# {Title} between base and tuned weights\n\n").Append(Line(Columns)).Append(Line(Columns.Select(static _ => "---:")));
        foreach (var row in Rows)
            md.Append(Line(row));
        return md.Append($"\n{Rule} It is in `{Saved}`; loaded again its validation loss is {Numbers.Value(SavedValid, MetricUnit.Loss)}.\n").ToString();
    }

    private string Page()
    {
        static string Cells(IEnumerable<string> cells, string tag) => string.Concat(cells.Select(c => $"<{tag} class=\"num\">{HtmlText.Escape(c)}</{tag}>"));
        static CurvePoint[] Curve(IEnumerable<(double At, double Value)> points) => [.. points.Select(static p => new CurvePoint((int)Math.Round(100 * p.At), p.Value))];
        var page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
        page.Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n");
        page.Append($"<title>{HtmlText.Escape(Title)}</title>\n<style>\n{ReportStyle.Css}\n</style>\n</head>\n<body>\n<main>\n<h1>{HtmlText.Escape(Title)} between base and tuned weights</h1>\n");
        page.Append($"<p>{HtmlText.Escape(Rule)}</p>\n<div class=\"card\"><table>\n<thead><tr>{Cells(Columns, "th")}</tr></thead>\n<tbody>\n");
        foreach (var row in Rows)
            page.Append($"<tr>{Cells(row, "td")}</tr>\n");
        page.Append("</tbody>\n</table></div>\n<figure class=\"card\"><figcaption>Loss by per cent of the tuned weights</figcaption>");
        page.Append(LineChart.Svg("Loss by per cent of the tuned weights", "nats per token", 404,
        [
            new("validation", "valid", Curve(Points.Select(static p => (p.At, p.Valid))), Marked: true),
            new("general text", "third", HasGeneral ? Curve(Points.Select(static p => (p.At, p.General!.Value))) : [], Marked: true),
        ], (int)Math.Round(100 * Chosen.At)));
        page.Append(CultureInfo.InvariantCulture, $"</figure>\n<p>Written to {HtmlText.Escape(Saved)}; loaded again its validation loss is {Numbers.Value(SavedValid, MetricUnit.Loss)}.</p>\n</main>\n</body>\n</html>\n");
        return page.ToString();
    }
}
