using System.Text;

namespace Attune.Reports;

/// <summary>The report as Markdown, in the same order as <see cref="HtmlReport"/>. Texts from outside cannot open HTML, links, code or table cells.</summary>
public static class MarkdownReport
{
    private const int LongestText = 1000;

    /// <summary>The document.</summary>
    public static string Write(RunRecord run)
    {
        var md = new StringBuilder();
        var verdict = Verdict.Of(run);
        md.Append($"# {Inline(run.Title)}\n\n**{verdict.Label}.** {Inline(verdict.Sentence)}\n");
        if (verdict.Metric is { } m)
            md.Append($"\nDifference {Numbers.Change(m.Difference, m.Unit)}, 95 % interval {Numbers.Interval(m)}, n = {Numbers.Count(m.Count)}.\n");
        if (run.Next.Count > 0)
            md.Append("\n## What to do next\n");
        foreach (var next in run.Next)
            md.Append($"\n{Inline(next.Purpose)}\n\n{Fence(next.Command)}\n");

        md.Append("\n## What was found\n\n");
        foreach (var f in Findings.Of(run))
            md.Append($"- **{Inline(f.Title)}**{(f.Tone == FindingTone.Warning ? " (look here)" : "")}. {Inline(f.Evidence)} {Inline(f.Advice)}".TrimEnd()).Append('\n');

        Table(md, "What changed", ["measured", "before", "after", "difference", "95 % interval", "n"], run.Metrics.Select(c => (string[])
        [
            c.Name, Numbers.Value(c.Before, c.Unit), Numbers.Value(c.After, c.Unit), Numbers.Change(c.Difference, c.Unit), Numbers.Interval(c), Numbers.Count(c.Count),
        ]));
        if (run.Samples.Count > 0)
            md.Append("\n## Answers, before and after\n");
        foreach (var s in run.Samples)
        {
            md.Append($"\n### {Inline(s.Prompt)}\n\nExpected\n\n{Fence(s.Expected)}\n\nBefore{Judged(s.BeforeIsRight)}\n\n{Fence(s.Before)}\n\n");
            md.Append($"After{Judged(s.AfterIsRight)}\n\n{Fence(s.After)}\n");
        }

        Table(md, "How it learned", ["curve", "first", "lowest", "last"], Curves(run.Curves));
        Table(md, "Do the saved files say the same", ["form", "prompts", "same ids", "largest difference of a logit", "allowed", "holds"], run.Parity.Select(p => (string[])
        [
            p.Form, Numbers.Count(p.Prompts), Numbers.Count(p.SameIds), Numbers.Short(p.Difference), Numbers.Short(p.Allowed), p.Holds ? "yes" : "NO",
        ]));
        Table(md, "Where the memory went", ["part", "planned"], run.Memory.Select(l => (string[])[l.Name, Numbers.Bytes(l.Bytes)]));
        Table(md, "Model and data", ["", ""], run.Facts.Select(f => (string[])[f.Name, f.Value]));
        Table(md, "Settings", ["key", "value", "why"], run.Settings.Select(s => (string[])[s.Key, s.Value, s.Reason]));
        Table(md, "Machine and versions", ["", ""], run.Environment.Select(f => (string[])[f.Name, f.Value]));
        if (run.Warnings.Count > 0)
            md.Append("\n## Warnings\n\n").Append(string.Concat(run.Warnings.Select(w => $"- {Inline(w)}\n")));
        return md.ToString();
    }

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
