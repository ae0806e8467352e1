using System.Globalization;
using System.Text;
using System.Text.Json;
using Attune.Formats;
using Attune.Reports.Html;
using Attune.Search;

namespace Attune.Reports;

/// <summary>What a learning-rate range test came to.</summary>
/// <param name="Title">Model and data.</param>
/// <param name="Folder">Where it is written.</param>
/// <param name="Curve">What the loss did.</param>
/// <param name="Rule">What <c>train</c> would choose by its rule.</param>
/// <param name="Given">The recipe's own rate; null where it leaves it open.</param>
/// <param name="Steps">Steps that were planned; fewer were taken where the loss diverged.</param>
/// <param name="To">The rate of the last of them.</param>
public sealed record RangeTestReport(string Title, string Folder, RangeCurve Curve, double Rule, double? Given, int Steps, double To)
{
    private const int TableRows = 16, BarWidth = 24;

    /// <summary>The page.</summary>
    public string Page => Path.Combine(Folder, "range-test.html");

    /// <summary>The suggestion in a sentence or two, with what it rests on.</summary>
    public string Sentence
    {
        get
        {
            if (Curve.Suggestion is not { } suggestion)
                return $"The loss falls nowhere between {Rate(Curve.Points[0].Rate)} and {Rate(Curve.Points[^1].Rate)}: no rate is suggested. Try a wider range, or more steps.";
            var around = $"It falls fastest at {Rate(Curve.Points[Curve.SteepestAt!.Value].Rate)} and " + (Curve.DivergesAt is { } at
                ? $"has lost half of the gain at {Rate(Curve.Points[at].Rate)}"
                : Curve.Points.Count < Steps ? "breaks off behind it" : Curve.FallsToItsEnd ? $"still falls at {Rate(To)}, where the range ends: a wider one may suggest more" : $"has not diverged at {Rate(To)}, where the range ends");
            var beside = $"The rule of train gives {Rate(Rule)}" + (Given is { } given ? $", the recipe says {Rate(given)}" : "") + ".";
            return $"Suggested: {Rate(suggestion)}, half of the rate at which the loss is lowest, {Rate(Curve.Points[Curve.LowestAt!.Value].Rate)}. {around}. {beside}";
        }
    }

    /// <summary>Names of the columns of <see cref="Rows"/>.</summary>
    public static IReadOnlyList<string> Columns => ["learning rate", "loss", "smoothed", "", ""];

    /// <summary>The curve as a table, thinned, each row with a bar as long as the smoothed loss.</summary>
    public IEnumerable<IReadOnlyList<string>> Rows
    {
        get
        {
            var most = Curve.Smoothed.Max();
            var every = Math.Max(1, (int)Math.Ceiling(Curve.Points.Count / (double)TableRows));
            var shown = Enumerable.Range(0, Curve.Points.Count).Where(i => i % every == 0 || i == Curve.Points.Count - 1 || Mark(i).Length > 0);
            return shown.Select(i => (IReadOnlyList<string>)
            [
                Rate(Curve.Points[i].Rate), Numbers.Short(Curve.Points[i].Loss), Numbers.Short(Curve.Smoothed[i]),
                new string('█', Math.Max(1, (int)Math.Round(BarWidth * Curve.Smoothed[i] / most))), Mark(i),
            ]);
        }
    }

    /// <summary>A rate as a recipe takes it, in two digits: <c>3.2e-4</c>.</summary>
    public static string Rate(double rate) => rate.ToString("0.#e0", CultureInfo.InvariantCulture);

    /// <summary>Writes the page, the Markdown and the JSON.</summary>
    public void Write()
    {
        Directory.CreateDirectory(Folder);
        AtomicFile.WriteText(Page, Html());
        AtomicFile.WriteText(Path.ChangeExtension(Page, ".md"), Markdown());
        AtomicFile.WriteText(Path.ChangeExtension(Page, ".json"), JsonText.Of(WriteBody));
    }

    /// <summary>The test for programs, into an object that is open.</summary>
    public void WriteBody(Utf8JsonWriter json)
    {
        void At(string name, int? step)
        {
            if (step is { } i)
                JsonText.Number(json, name, Curve.Points[i].Rate);
            else
                json.WriteNull(name);
        }

        json.WriteString("page", Page);
        if (Curve.Suggestion is { } suggestion)
            json.WriteNumber("suggestion", suggestion);
        else
            json.WriteNull("suggestion");
        json.WriteNumber("rule", Rule);
        At("steepest", Curve.SteepestAt);
        At("lowest", Curve.LowestAt);
        At("diverges", Curve.DivergesAt);
        json.WriteStartArray("points");
        foreach (var (point, smoothed) in Curve.Points.Zip(Curve.Smoothed))
        {
            json.WriteStartObject();
            json.WriteNumber("rate", point.Rate);
            JsonText.Number(json, "loss", point.Loss);
            JsonText.Number(json, "smoothed", smoothed);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private string Mark(int step) => step == Curve.SteepestAt ? "falls fastest" : step == Curve.LowestAt ? "lowest: half of it is suggested" : step == Curve.DivergesAt ? "half of the gain is lost" : "";

    private string Markdown()
    {
        static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |\n";
        var md = new StringBuilder($"# Learning-rate range test: {Title}\n\n{Sentence}\n\n").Append(Line(Columns)).Append("|---:|---:|---:|:---|:---|\n");
        foreach (var row in Rows)
            md.Append(Line(row));
        return md.ToString();
    }

    private string Html()
    {
        // The axis is the rate's logarithm, in thousandths of a power of ten: charts count in whole steps.
        static CurvePoint At(double rate, double value) => new((int)Math.Round(1000 * Math.Log10(rate)), value);
        var ceiling = 1.25 * Math.Max(Curve.Smoothed[0], Curve.Points[0].Loss);
        var chart = LineChart.Svg("Loss by learning rate", "nats per token", 404,
        [
            new("each step", "train", [.. Curve.Points.Where(p => p.Loss <= ceiling).Select(static p => At(p.Rate, p.Loss))]),
            new("smoothed", "valid", [.. Curve.Points.Zip(Curve.Smoothed).Where(p => p.Second <= ceiling).Select(static p => At(p.First.Rate, p.Second))]),
        ], Curve.Suggestion is { } rate ? At(rate, 0).Step : null, ChartAxis.OfRates);
        var page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
        page.Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n");
        page.Append($"<title>{HtmlText.Escape(Title)}</title>\n<style>\n{ReportStyle.Css}\n</style>\n</head>\n<body>\n<main>\n<p class=\"eyebrow\">Learning-rate range test</p>\n<h1>{HtmlText.Escape(Title)}</h1>\n");
        page.Append($"<p class=\"verdict\">{HtmlText.Escape(Sentence)}</p>\n<figure class=\"card\"><figcaption>Loss by learning rate</figcaption>{chart}</figure>\n");
        page.Append("<h2>The curve</h2>\n<div class=\"card\"><table>\n<thead><tr><th class=\"num\">learning rate</th><th class=\"num\">loss</th><th class=\"num\">smoothed</th><th></th></tr></thead>\n<tbody>\n");
        foreach (var row in Rows)
            page.Append($"<tr><td class=\"num\">{row[0]}</td><td class=\"num\">{row[1]}</td><td class=\"num\">{row[2]}</td><td>{HtmlText.Escape(row[4])}</td></tr>\n");
        return page.Append("</tbody>\n</table></div>\n</main>\n</body>\n</html>\n").ToString();
    }
}
