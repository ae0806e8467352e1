using Attune.Problems;
using Attune.Quality;

namespace Attune.Tests.Quality;

public class QualityScanTests : QualityFiles
{
    [Fact]
    public void Bad_rows_are_findings_and_do_not_end_the_report()
    {
        var path = Write("a.jsonl", "{broken\n" + Rows(("a", "b")) + "{\"prompt\": \"c\", \"completion\": \"\"}\n{\"text\": \"d\"}\n" + Rows(("e", "f")));
        var report = Report(path);
        var found = Of(report, "unreadable");
        Assert.Equal(5, report.Rows);
        Assert.Equal(3, found.Rows);
        Assert.Equal(QualitySeverity.Error, found.Severity);
        Assert.Equal(["a.jsonl, row 1", "a.jsonl, row 3", "a.jsonl, row 4"], found.Examples.Select(static e => e.Place));
        Assert.Equal(3, found.Tables[0].Rows.Count);
    }

    /// <summary>What threads find ahead of the rows' turns is said of the very rows, with broken ones between them and over many blocks.</summary>
    [Fact]
    public void What_is_found_ahead_belongs_to_its_row()
    {
        string Text(int i) => $"This is sentence number {i} of a text that speaks about {new string((char)('a' + i % 26), 5)} and about {i * 7919 % 1000} other things, each of them different.";
        var rows = Enumerable.Range(0, 400).Select(i => i % 90 == 17 ? "{broken\n" : Rows(i switch
        {
            211 => (Text(i), "You may write to maria.holt@somewhere-else.com about it, or wait."),
            150 => ("Wo finde ich die Bestellung, die ich in der letzten Woche bei euch aufgegeben habe?", "Das ist eine Antwort in einer anderen Sprache, die hier nicht erwartet wird und deshalb auffallen soll."),
            399 => (Text(3), Text(1003) + " Indeed."),
            _ => (Text(i), Text(i + 1000)),
        }));
        var report = Report(Write("a.jsonl", string.Concat(rows)));
        Assert.Equal(["a.jsonl, row 18", "a.jsonl, row 108", "a.jsonl, row 198", "a.jsonl, row 288", "a.jsonl, row 378"], Of(report, "unreadable").Examples.Select(static e => e.Place));
        Assert.Equal("a.jsonl, row 212", Assert.Single(Of(report, "personal").Examples).Place);
        Assert.Equal("a.jsonl, row 151", Assert.Single(Of(report, "languages").Examples).Place);
        var near = Assert.Single(Of(report, "near").Examples);
        Assert.Equal(("a.jsonl, row 400", "a.jsonl, row 4"), (near.Place, near.Other!.Place));
    }

    [Fact]
    public void Every_shape_and_format_is_read()
    {
        foreach (var (name, text) in new[]
        {
            ("a.csv", "prompt,completion\na,b\nA,b\n"),
            ("a.json", """[{"instruction": "a", "output": "b"}, {"instruction": "A", "output": "b"}]"""),
            ("b.jsonl", """
                {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
                {"messages": [{"role": "user", "content": " A"}, {"role": "assistant", "content": "b"}]}
                """),
            ("a.txt", "Once there was.\n---\nonce THERE  was.\n"),
        })
        {
            Assert.Equal(1, Of(Report(Write(name, text)), "exact").Rows);
            Assert.Equal(1, Of(Report(Write(name + ".gz", Zip(text))), "exact").Rows);
        }
    }

    [Fact]
    public void A_file_of_which_nothing_can_be_read_is_refused_with_its_first_problems()
    {
        var problems = Refused(() => Report(new QualityOptions { Files = [Write("a.jsonl", Rows(("a", "b"), ("c", "d")))], Columns = new Dictionary<string, string> { ["prompt"] = "promt" } }));
        Assert.Equal("a.jsonl, row 1", problems[0].Place);
        Assert.Contains("did you mean `prompt`", problems[0].Remedy, StringComparison.Ordinal);
        Assert.Contains("preference", Refused(() => Report(Write("b.jsonl", "{\"prompt\": \"a\", \"chosen\": \"b\", \"rejected\": \"c\"}\n")))[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Thousands_of_broken_lines_in_front_of_the_first_row_do_no_harm()
    {
        var found = Of(Report(Write("a.jsonl", string.Concat(Enumerable.Repeat("{broken\n", 3000)) + Rows(("a", "b")))), "unreadable");
        Assert.Equal(3000, found.Rows);
    }

    [Fact]
    public void Evaluation_rows_are_not_looked_at()
    {
        var path = Write("a.jsonl", Rows(("a", "b")));
        var report = Report(path, Write("valid.jsonl", "{broken\n" + Rows(("a", "b"), ("a", "b"))));
        Assert.Equal(1, report.Rows);
        Assert.All(new[] { "unreadable", "exact" }, c => Assert.Equal(0, Of(report, c).Rows));
    }

    [Fact]
    public void Files_of_one_name_are_told_apart()
    {
        var (x, y, z) = (Write("x/train.jsonl", Rows(("a", "b"))), Write("y/train.jsonl", Rows(("c", "d"), ("A", "b"))), Write("z/train.jsonl", Rows(("c", "e"))));
        var options = new QualityOptions { Files = [x, y], Evaluation = [z] };
        var report = Report(options);
        var found = Assert.Single(Of(report, "exact").Examples);
        Assert.Equal(("y/train.jsonl, row 2", "says the same as x/train.jsonl, row 1"), (found.Place, found.Why));
        Assert.Equal("asks word for word what z/train.jsonl, row 1 asks", Assert.Single(Of(report, "contamination").Examples).Why);
        DataQuality.Clean(new CleanOptions { Look = options, Remedies = ["exact"], Out = x + ".out" }, cancel: TestContext.Current.CancellationToken);
        Assert.Contains("\"file\":\"y/train.jsonl\"", File.ReadAllText(x + ".out.dropped.jsonl"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_rerun_says_the_same()
    {
        var path = Write("a.jsonl", Rows([.. Enumerable.Range(0, 500).Select(static i => ($"question {i % 300}", $"answer {i % 150}"))]));
        Assert.Equal(System.Text.Json.JsonSerializer.Serialize(Report(path)), System.Text.Json.JsonSerializer.Serialize(Report(path)));
    }

    [Theory]
    [InlineData("exmples=3", "did you mean examples")]
    [InlineData("examples=-1", "from 0 to 1000")]
    [InlineData("examples=1.5", "whole number")]
    [InlineData("examples", "expected examples=")]
    public void A_wrong_setting_is_named(string word, string says) =>
        Assert.Contains(says, Assert.Throws<UserErrorException>(() => QualitySettings.Read([word])).Problems[0].ToString(), StringComparison.Ordinal);

    [Fact]
    public void Every_setting_changes_something() =>
        Assert.All(QualitySettings.Keys, static k => Assert.NotEqual(new QualitySettings(), k.With(new QualitySettings(), k.Most)));

    [Fact]
    public void Names_of_checks_and_of_remedies_are_told_apart()
    {
        Assert.Distinct(QualityChecks.Table.Select(static k => k.Name));
        Assert.Distinct(QualityChecks.Remedies.Select(static r => r.Remedy.Name));
    }
}
