using System.Text;
using Attune.Evaluation;
using Attune.Hardware;
using Attune.Problems;
using Attune.Reports;
using Attune.Reports.Html;

namespace Attune.Tests.Reports;

public sealed class ReportPartsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("attune-report-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(0, 4, 5, false, "0 1 2 3 4")]
    [InlineData(0.11, 0.39, 5, false, "0.1 0.2 0.3 0.4")]
    [InlineData(1, 200, 6, true, "0 50 100 150 200")]
    [InlineData(0, 2e-5, 5, false, "0 5e-6 1e-5 1.5e-5 2e-5")]
    [InlineData(-3, 12, 5, false, "−5 0 5 10 15")]
    [InlineData(1, 2, 6, true, "1 2")]
    [InlineData(0, 12_000, 5, true, "0 5,000 10,000 15,000")]
    public void Ticks_are_round_and_span_the_values(double low, double high, int about, bool whole, string expected)
    {
        var t = Ticks.For(low, high, about, whole);
        Assert.Equal(expected.Replace("e-", "e−", StringComparison.Ordinal), string.Join(' ', t.Values.Select(t.Text)));
        Assert.True(t.Low <= low && t.High >= high);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(-0.25)]
    [InlineData(1e-9)]
    public void Ticks_of_a_single_value_have_room_around_it(double value)
    {
        var t = Ticks.For(value, value, 5);
        Assert.True(t.Low < value && t.High > value && t.Values.Count is >= 2 and < 20);
    }

    [Theory]
    [InlineData(0.867, MetricUnit.Fraction, "86.7 %", "+86.7 points")]
    [InlineData(-1.5, MetricUnit.Loss, "−1.500", "−1.500")]
    [InlineData(1234567, MetricUnit.Number, "1.23e6", "+1.23e6")]
    [InlineData(double.NaN, MetricUnit.Loss, "not a number", "+not a number")]
    public void Numbers_are_said_in_their_unit(double value, MetricUnit unit, string text, string change)
    {
        Assert.Equal(text, Numbers.Value(value, unit));
        Assert.Equal(change, Numbers.Change(value, unit));
    }

    [Fact]
    public void Markdown_keeps_hostile_text_in_its_place()
    {
        var md = MarkdownReport.Write(DemoRun.Create() with { Samples = [new("# [x](y) | <b>", "a\n```\n# no heading", "``````", DemoRun.Hostile, true, false)] });
        Assert.Contains("### \\# \\[x\\](y) \\| \\<b\\>\n", md);
        Assert.Contains("````text\na\n```\n# no heading\n````", md);
        Assert.Contains("```````text\n``````\n```````", md);
        Assert.DoesNotContain('\0', md);
        _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(md);
        Assert.StartsWith("# LoRA of attune-base-5m on support.jsonl\n\n**Real gain.**", md);
        Assert.All(md.Split('\n').Where(l => l.StartsWith('|')), l => Assert.EndsWith("|", l));
    }

    [Fact]
    public void Reports_are_written_and_the_same_record_gives_the_same_bytes()
    {
        var paths = ReportFiles.Write(folder, DemoRun.Create());
        Assert.Equal(["report.html", "report.md", "report.json"], paths.Select(Path.GetFileName));
        var first = paths.Select(File.ReadAllText).ToArray();
        ReportFiles.Write(folder, DemoRun.Create());
        Assert.Equal(first, paths.Select(File.ReadAllText));
    }

    [Fact]
    public void The_metrics_log_survives_a_kill_and_a_resume()
    {
        var path = Path.Combine(folder, "metrics.jsonl");
        using (var log = MetricsLog.Open(path, keepUpTo: 0))
        {
            for (var i = 1; i <= 5; i++)
            {
                log.Append(new("step", i, [new("loss", 1.0 / i), new("bad", i == 3 ? double.NaN : i)]));
                Assert.Equal(i, MetricsLog.Read(path).Count);
            }
        }

        Assert.Equal("{\"kind\": \"step\", \"step\": 1, \"loss\": 1, \"bad\": 1}", File.ReadLines(path).First());
        File.AppendAllText(path, "{\"kind\": \"step\", \"step\": 6, \"lo");
        using (var log = MetricsLog.Open(path, keepUpTo: 3))
            log.Append(new("step", 4, [new("loss", 9)]));

        var lines = MetricsLog.Read(path);
        Assert.Equal([1, 2, 3, 4], lines.Select(l => l.Step));
        Assert.Equal([new(1, 1), new(2, 0.5), new(3, 1.0 / 3), new(4, 9)], MetricsLog.Curve(lines, "step", "loss"));
        Assert.True(double.IsNaN(lines[2]["bad"]));
        using (MetricsLog.Open(path, keepUpTo: 0))
            Assert.Empty(MetricsLog.Read(path));
    }

    [Fact]
    public void A_manifest_tells_files_by_their_content_and_comes_back()
    {
        var file = Path.Combine(folder, "a.txt");
        File.WriteAllText(file, "abc");
        var entry = ManifestFile.Of("data.train", file, TestContext.Current.CancellationToken);
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", entry.Sha256);
        Assert.Equal(3, entry.Bytes);

        var manifest = new Manifest(Manifest.Version, 7, [entry], Manifest.About(Machine.Inspect()));
        var path = Path.Combine(folder, "manifest.json");
        manifest.Save(path);
        var again = Manifest.Load(path);
        Assert.Equal(manifest.Files, again.Files);
        Assert.Equal(manifest.Environment, again.Environment);
        Assert.Equal(7, again.Seed);

        Assert.Throws<UserErrorException>(() => ManifestFile.Of("model", Path.Combine(folder, "none"), TestContext.Current.CancellationToken));
        File.WriteAllText(path, "{}");
        Assert.Throws<UserErrorException>(() => Manifest.Load(path));
        File.WriteAllText(path, "{");
        Assert.Throws<UserErrorException>(() => Manifest.Load(path));
    }
}
