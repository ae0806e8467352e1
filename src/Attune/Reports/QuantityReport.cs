using System.Globalization;
using System.Text;
using System.Text.Json;
using Attune.Evaluation;
using Attune.Formats;
using Attune.Reports.Html;

namespace Attune.Reports;

/// <summary>Steps of the run on all rows.</summary>
/// <param name="Taken">As many as it may take; no run takes more.</param>
/// <param name="Whole">As many as <c>train</c> would take.</param>
/// <param name="EvalEvery">Those between two looks at the validation rows.</param>
public sealed record QuantitySteps(int Taken, int Whole, int EvalEvery);

/// <summary>What <c>attune data enough</c> found out: runs on parts of the rows, the curve of each metric, what doubling brings.</summary>
/// <param name="Title">Model and data.</param>
/// <param name="Rows">All training rows.</param>
/// <param name="HeldOut">Rows that the runs are measured on.</param>
/// <param name="Steps">Steps of the run on all rows.</param>
/// <param name="Points">The runs, by part and seed.</param>
public sealed record QuantityReport(string Title, int Rows, int HeldOut, QuantitySteps Steps, IReadOnlyList<QuantityPoint> Points)
{
    private const string Method =
        "Every run has the settings chosen for all rows and the steps that suit its own: in a small part they are smaller, and it is seen more often. It is measured with the weights of its lowest "
        + "validation loss, before it is learned by heart. A seed's smaller parts lie within its larger ones; validation and test rows are the same for all. The curve is error = a + b · (rows / all rows)^−c, by weighted least squares; "
        + "intervals are 95 %, by profile likelihood, over which rows were drawn and how training went, for these held-out rows.";

    /// <summary>The curves, one a metric.</summary>
    public IReadOnlyList<QuantityCurve> Curves { get; } = QuantityCurve.Of(Points);

    /// <summary>What else should be known.</summary>
    public IEnumerable<string> Notes
    {
        get
        {
            var largest = Points.Where(p => p.Fraction == Points.Max(static q => q.Fraction)).ToArray();
            if (Steps.Taken < Steps.Whole && largest.Count(p => p.Steps >= Steps.Taken && p.BestStep > Steps.Taken - Steps.EvalEvery) * 2 > largest.Length)
                yield return $"The runs on the most rows took {Numbers.Count(Steps.Taken)} steps of the {Numbers.Count(Steps.Whole)} that train would, and were still getting better at the last: with more (--max-steps) more rows may bring more.";
            if (Curves.Count == 0)
                yield return "No metric is an error that a curve could be fitted to.";
            foreach (var curve in Curves.Where(static c => c.Verdict == CurveVerdict.Told && c.Curve.Floor.Interval.Low <= 0))
                yield return $"How low {curve.Metric.Name} could get with any number of rows cannot be told from these: {curve.Shown(curve.Curve.Floor)}.";
        }
    }

    /// <summary>The names of <see cref="Table"/>.</summary>
    public IReadOnlyList<string> Columns => ["rows", "part", "runs", "best step", .. Points[0].Values.Select(static v => v.Name)];

    /// <summary>The measured means by part, ready to be shown; with several seeds their range behind.</summary>
    public IEnumerable<IReadOnlyList<string>> Table => Points.GroupBy(static p => p.Fraction).OrderBy(static g => g.Key).Select(g => (IReadOnlyList<string>)
    [
        Range(g.Select(static p => (double)p.Rows), static v => Numbers.Count((long)v)), Name(g.Key), Numbers.Count(g.Count()), Range(g.Select(static p => (double)p.BestStep), static v => Numbers.Count((long)v)),
        .. Points[0].Values.Select(m => Spread([.. g.Select(p => p.Values.First(v => v.Name == m.Name).Value)], m.Unit)),
    ]);

    /// <summary>A part's name: <c>12.5 %</c>.</summary>
    public static string Name(double fraction) => (fraction * 100).ToString("0.###", CultureInfo.InvariantCulture) + " %";

    /// <summary>Writes <c>enough.html</c>, <c>enough.md</c> and <c>enough.json</c> into a folder.</summary>
    public void Write(string folder)
    {
        AtomicFile.WriteText(Path.Combine(folder, "enough.md"), Markdown());
        AtomicFile.WriteText(Path.Combine(folder, "enough.json"), JsonText.Of(WriteBody));
        AtomicFile.WriteText(Path.Combine(folder, "enough.html"), QuantityPage.Write(this, Method));
    }

    /// <summary>The curve in words: <c>0.312 + 0.201 · (n / 2,160)^−0.48</c>, of the error.</summary>
    internal static string Formula(QuantityCurve c) => string.Create(
        CultureInfo.InvariantCulture, $"{Numbers.Short(c.Curve.A)} + {Numbers.Short(c.Curve.B)} · (n / {Numbers.Count((long)c.Curve.Most)})^−{c.Curve.C:0.##}");

    /// <summary>What the check on the largest part says.</summary>
    public static string CheckOf(QuantityCurve c) => c.Check is not { } check ? ""
        : $"Of {c.Metric.Name} the smaller parts alone foretell {c.Shown(check.Predicted)} for all rows; measured {Numbers.Value(c.ValueOf(check.Measured), c.Metric.Unit)}: {(Holds(check) ? "within" : "outside, so that what is said of twice the rows should not be relied on")}.";

    /// <summary>The study for programs, into an object that is open.</summary>
    public void WriteBody(Utf8JsonWriter json)
    {
        json.WriteNumber("rows", Rows);
        json.WriteNumber("held_out", HeldOut);
        json.WriteNumber("steps", Steps.Taken);
        json.WriteStartArray("runs");
        foreach (var p in Points)
        {
            json.WriteStartObject();
            QuantityLog.WriteBody(json, p);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("curves");
        foreach (var c in Curves)
            WriteCurve(json, c);
        json.WriteEndArray();
        json.WriteStartArray("notes");
        foreach (var note in Notes)
            json.WriteStringValue(note);
        json.WriteEndArray();
    }

    private static bool Holds((Estimate Predicted, double Measured) check) => check.Measured >= check.Predicted.Interval.Low && check.Measured <= check.Predicted.Interval.High;

    private static void WriteCurve(Utf8JsonWriter json, QuantityCurve c)
    {
        void Estimated(string name, Estimate e)
        {
            json.WriteStartObject(name);
            JsonText.Number(json, "value", e.Value);
            JsonText.Number(json, "low", e.Interval.Low);
            JsonText.Number(json, "high", e.Interval.High);
            json.WriteEndObject();
        }

        json.WriteStartObject();
        json.WriteString("metric", c.Metric.Name);
        json.WriteString("error", c.Metric.Unit == MetricUnit.Fraction ? "one minus the metric" : "the metric");
        json.WriteString("verdict", c.Verdict.ToString().ToLowerInvariant());
        json.WriteString("sentence", c.Sentence);
        Estimated("a", c.Curve.Floor);
        Estimated("b", c.Curve.Reducible);
        Estimated("c", c.Curve.Exponent);
        JsonText.Number(json, "deviation", c.Curve.Deviation);
        Estimated("error_now", c.Now);
        Estimated("error_doubled", c.Doubled);
        Estimated("gain_of_doubling", c.Gain);
        if (c.Check is { } check)
        {
            Estimated("foretold_by_smaller_parts", check.Predicted);
            JsonText.Number(json, "measured", check.Measured);
            json.WriteBoolean("within", Holds(check));
        }
        json.WriteEndObject();
    }

    private string Markdown()
    {
        static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |\n";
        var md = new StringBuilder($"# Are these rows enough? {Title}\n\n");
        foreach (var c in Curves)
            md.Append($"- {c.Sentence}{(c.Advice.Length == 0 ? "" : " " + c.Advice)}\n");
        md.Append('\n').Append(Line(Columns)).Append(Line(Columns.Select(static _ => "---:")));
        foreach (var row in Table)
            md.Append(Line(row));
        md.Append("\n| metric | error by rows n | the share that no rows take away, a | exponent, c | all rows | twice as many |\n|---|---|---|---|---|---|\n");
        foreach (var c in Curves)
            md.Append(Line([c.Metric.Name, Formula(c), c.Shown(c.Curve.Floor), Bare(c.Curve.Exponent), c.Shown(c.Now), c.Shown(c.Doubled)]));
        md.Append('\n');
        foreach (var c in Curves.Where(static c => c.Check is not null))
            md.Append($"{CheckOf(c)}\n\n");
        foreach (var note in Notes)
            md.Append($"{note}\n\n");
        return md.Append($"{Method} {Numbers.Count(HeldOut)} held-out rows, at most {Numbers.Count(Steps.Taken)} steps.\n").ToString();
    }

    /// <summary>A number with its interval: <c>0.48 [0.31, 0.77]</c>.</summary>
    internal static string Bare(Estimate e) => $"{Numbers.Short(e.Value)} [{Numbers.Short(e.Interval.Low)}, {Numbers.Short(e.Interval.High)}]";

    private static string Range(IEnumerable<double> values, Func<double, string> text)
    {
        var (low, high) = (values.Min(), values.Max());
        return low == high ? text(low) : $"{text(low)} to {text(high)}";
    }

    private static string Spread(double[] values, MetricUnit unit) =>
        Numbers.Value(values.Average(), unit) + (values.Length == 1 ? "" : $" ({Numbers.Value(values.Min(), unit)} to {Numbers.Value(values.Max(), unit)})");
}
