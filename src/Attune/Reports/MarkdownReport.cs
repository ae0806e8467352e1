using System.Text;
using Attune.Evaluation;
using Attune.Reports.Html;

namespace Attune.Reports;

/// <summary>The report as Markdown, in the same order as <see cref="HtmlReport"/>. Texts from outside cannot open HTML, links, code or table cells.</summary>
public static class MarkdownReport
{
    private const int LongestText = 1000, MostMistakes = 20;

    /// <summary>The document.</summary>
    public static string Write(RunRecord run)
    {
        var md = new StringBuilder();
        var verdict = Verdict.Of(run);
        md.Append($"# {Inline(run.Title)}\n\n**{verdict.Label}.** {Inline(verdict.Sentence)}\n");
        if (verdict.Metric is { } m)
            md.Append($"\nDifference {Numbers.Change(m.Difference, m.Unit)}, 95 % interval {Numbers.Interval(m)}, n = {Numbers.Count(m.Count)}.\n");
        if (run.Gate is { Conditions.Count: > 0 } gate)
        {
            Table(md, "May it be used", ["condition", "demanded", "found", "met"], gate.Conditions.Select(static c => (string[])[c.Key, c.Demand, c.Found, c.IsMet ? "yes" : "NO"]));
            md.Append($"\n{Inline(gate.Sentence)}\n");
        }
        Measured(md, run);
        var findings = Findings.Of(run);
        if (findings.Count > 0)
            md.Append("\n## What was found\n\n");
        foreach (var f in findings)
            md.Append($"- **{Inline(f.Title)}**{(f.Tone == FindingTone.Warning ? " (look here)" : "")}. {Inline(f.Evidence)} {Inline(f.Advice)}".TrimEnd()).Append('\n');

        if (run.Next.Count > 0)
            md.Append("\n## What to do next\n");
        foreach (var next in run.Next)
            md.Append($"\n{Inline(next.Purpose)}\n\n{Fence(next.Command)}\n");
        Table(md, "How it learned", ["curve", "first", "lowest", "last"], Curves(run.Curves));
        if (run.Memorisation is { Rows: > 0 } memory)
            Memorised(md, memory);
        if (run.Samples.Count > 0)
            md.Append("\n## Answers\n");
        foreach (var s in run.Samples)
        {
            md.Append($"\n### {Inline(s.Prompt)}\n\nExpected\n\n{Fence(s.Expected)}\n\n");
            if (s.Before is not null)
                md.Append($"{Side(run.Sides.Before)}{Judged(s.BeforeIsRight)}\n\n{Fence(s.Before)}\n\n");
            md.Append($"{(s.Before is null ? "Answer" : Side(run.Sides.After))}{Judged(s.AfterIsRight)}\n\n{Fence(s.After)}\n");
        }

        foreach (var c in run.Confusions)
            Labels(md, c);
        Table(md, "Do the saved files say the same", ["form", "prompts", "same ids", "largest difference of a logit", "allowed", "divergence, nats", "loss on the rows", "holds"], run.Parity.Select(p => (string[])
        [
            p.Form, Numbers.Count(p.Prompts), Numbers.Count(p.SameIds), Numbers.Short(p.Difference), Numbers.Short(p.Allowed), Numbers.Short(p.Divergence),
            p.Loss is { } loss ? Numbers.Value(loss, MetricUnit.Loss) : "", p.Holds ? "yes" : p.Failed is { } why ? $"NOT WRITTEN: {why}" : "NO",
        ]));
        if (run.Requantised is { } requantised)
            Table(md, "What it costs to leave the quantised base", ["form", $"loss on {requantised.Rows} rows", "above the result's"], requantised.Lines);
        Table(md, "Where the memory went", ["part", "planned"], run.Memory.Select(l => (string[])[l.Name, Numbers.Bytes(l.Bytes)]));
        Table(md, "Model and data", ["", ""], run.Facts.Select(f => (string[])[f.Name, f.Value]));
        Table(md, "Settings", ["key", "value", "why"], run.Settings.Select(s => (string[])[s.Key, s.Value, s.Reason]));
        Table(md, "Machine and versions", ["", ""], run.Environment.Select(f => (string[])[f.Name, f.Value]));
        if (run.Warnings.Count > 0)
            md.Append("\n## Warnings\n\n").Append(string.Concat(run.Warnings.Select(w => $"- {Inline(w)}\n")));
        return md.ToString();
    }

    private static void Measured(StringBuilder md, RunRecord run)
    {
        Table(md, "What changed", ["measured", run.Sides.Before, run.Sides.After, "difference", "95 % interval", "test", "is it real", "rows"], run.Metrics.Select(c => (string[])
        [
            c.Name, Numbers.Value(c.Before, c.Unit), Numbers.Value(c.After, c.Unit), Numbers.Change(c.Difference, c.Unit), Numbers.Interval(c),
            c.Test is { } t ? $"{Numbers.PValue(t.PValue)}, {t.Name}" : "", !c.IsReal ? "not clear" : c.IsBetter ? "better" : "worse", Numbers.Count(c.Count),
        ]));
        if (run.Transfer is { } transfer)
        {
            Table(md, "Teacher and students on the same rows", ["model, 95 % intervals", .. transfer.Head], transfer.Models.Select(m => (string[])[m.Name, .. transfer.Cells(m)]));
            if (transfer.Hidden is { } hidden)
                md.Append(hidden).Append("\n\n");
            Table(md, "What the teacher gave beyond the labels", ["measured", "labels alone", "distilled", "difference", "95 % interval", "is it real"], transfer.OverLabels.Select(c => (string[])
            [
                c.Name, Numbers.Value(c.Before, c.Unit), Numbers.Value(c.After, c.Unit), Numbers.Change(c.Difference, c.Unit), Numbers.Interval(c),
                !c.IsReal ? "not clear" : c.IsBetter ? "better" : "worse",
            ]));
        }
        Table(md, "What was measured", ["measured", "value", "95 % interval", "rows"], run.Values.Select(v => (string[])
            [v.Name, Numbers.Value(v.Value, v.Unit), Numbers.Interval(v), Numbers.Count(v.Count)]));
    }

    private static void Memorised(StringBuilder md, Memorisation m)
    {
        Table(md, "What is known by heart", ["rows", "continued", "word for word", "written in one run, on average"], [
            ["training rows", Numbers.Count(m.Rows), $"{m.Verbatim} ({Numbers.Share(m.Share)})", Numbers.Share(m.Run)],
            ["unseen rows", Numbers.Count(m.UnseenRows), $"{m.UnseenVerbatim} ({Numbers.Share(m.UnseenShare)})", Numbers.Share(m.UnseenRun)],
        ]);
        Table(md, "Rows that are known by heart", ["row", "times", "given", "written"], m.Found.Select(static r => (string[])[$"{r.File}, row {r.Row}", Numbers.Count(r.Times), r.Context, r.Text]));
    }

    private static void Labels(StringBuilder md, ConfusionPair c)
    {
        Table(md, "Which labels are taken for which", ["expected", "answered", "times"], ConfusionSection.MistakesOf(c.After).Take(MostMistakes).Select(m => (string[])
            [m.Expected, m.Answered, Numbers.Count(m.Count)]));
        Table(md, "Every label, the weakest first", ["label", "rows", "right before", "right after", "F1 after"], Enumerable.Range(0, c.After.Labels.Count).OrderBy(c.After.F1).Select(i => (string[])
        [
            c.After.Labels[i], Numbers.Count(c.After.Counts[i].Sum()), c.Before is null ? "" : Numbers.Count(c.Before.Counts[i][i]),
            Numbers.Count(c.After.Counts[i][i]), Numbers.Percent(c.After.F1(i)),
        ]));
    }

    private static string Side(string name) => Inline(Verdict.Capital(name));

    private static IEnumerable<string[]> Curves(RunCurves c)
    {
        (string Name, IReadOnlyList<CurvePoint> Points)[] curves =
            [("training loss", c.TrainLoss), ("validation loss", c.ValidLoss), ("learning rate", c.LearningRate), ("gradient norm", c.GradientNorm)];
        return curves.Where(l => l.Points.Count > 0).Select(l => (string[])
            [l.Name, At(l.Points[0]), At(l.Points.MinBy(p => p.Value)), At(l.Points[^1])]);

        static string At(CurvePoint p) => $"{Numbers.Short(p.Value)} (step {Numbers.Count(p.Step)})";
    }

    private static string Judged(bool? right) => right switch { true => " (right)", false => " (wrong)", null => "" };

    private static void Table(StringBuilder md, string title, string[] head, IEnumerable<string[]> rows)
    {
        var all = rows.ToArray();
        if (all.Length == 0)
            return;
        md.Append($"\n## {title}\n\n| {string.Join(" | ", head)} |\n|{string.Concat(head.Select(_ => "---|"))}\n");
        foreach (var row in all)
            md.Append($"| {string.Join(" | ", row.Select(Inline))} |\n");
    }

    /// <summary>A code block whose fence is longer than any run of backticks inside.</summary>
    private static string Fence(string text)
    {
        text = SafeText.Clean(text, LongestText);
        var longest = 0;
        for (int i = 0, run = 0; i < text.Length; i++)
        {
            run = text[i] == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        var fence = new string('`', Math.Max(3, longest + 1));
        return $"{fence}text\n{text.TrimEnd('\n')}\n{fence}";
    }

    /// <summary>Text on one line, with every character that Markdown or HTML could take for markup escaped.</summary>
    private static string Inline(string text)
    {
        var safe = new StringBuilder();
        foreach (var c in SafeText.Clean(text, LongestText))
        {
            if (c is '\n' or '\t' or '\u2028' or '\u2029')
                safe.Append(' ');
            else if (c is '\\' or '`' or '*' or '_' or '[' or ']' or '<' or '>' or '|' or '#' or '&' or '~')
                safe.Append('\\').Append(c);
            else
                safe.Append(c);
        }

        return safe.ToString();
    }
}
