using System.Text.Json;
using Attune.Quality;

namespace Attune.Tests.Quality;

public class CleanRunTests : QualityFiles
{
    private static CleanResult Clean(string path, string? target, params string[] remedies) =>
        DataQuality.Clean(new CleanOptions { Look = new QualityOptions { Files = [path] }, Remedies = remedies, Out = target }, cancel: TestContext.Current.CancellationToken);

    private static JsonElement[] List(string target) => [.. File.ReadLines(target + ".dropped.jsonl").Select(static l => JsonDocument.Parse(l).RootElement)];

    [Fact]
    public void Rows_that_stay_are_byte_for_byte_and_every_other_is_in_the_list_with_place_and_why()
    {
        var path = Write("a.jsonl", "{\"prompt\":  \"a\", \"completion\": \"b\"}\n{broken\n\n{\"prompt\": \"A\", \"completion\": \"b\"}\n{\"prompt\": \"c\", \"completion\": \"\\u0064\"}\n");
        var target = path + ".clean";
        var result = Clean(path, target, "exact", "unreadable");
        Assert.Equal((4, 2, 0), (result.Rows, result.Kept, result.Changed));
        Assert.Equal("{\"prompt\":  \"a\", \"completion\": \"b\"}\n{\"prompt\": \"c\", \"completion\": \"\\u0064\"}\n", File.ReadAllText(target));
        var list = List(target);
        Assert.Equal(["unreadable", "exact"], list.Select(static l => l.GetProperty("dropped_by").GetString()));
        Assert.Equal([(2, 2), (3, 4)], list.Select(static l => (l.GetProperty("row").GetInt32(), l.GetProperty("line").GetInt32())));
        Assert.Equal("{broken", list[0].GetProperty("record").GetString());
        Assert.Equal("says the same as row 1", list[1].GetProperty("why").GetString());
        Assert.Equal("A", list[1].GetProperty("fields").GetProperty("prompt").GetString());
    }

    [Fact]
    public void A_rerun_gives_the_same_bytes_and_what_is_clean_stays()
    {
        var path = Write("a.jsonl", Rows([.. Enumerable.Range(0, 3000).Select(static i => ($"question {i % 1700}", $"answer {i % 1700}"))]));
        Clean(path, path + ".1", "exact");
        Clean(path, path + ".2", "exact");
        Assert.Equal(File.ReadAllBytes(path + ".1"), File.ReadAllBytes(path + ".2"));
        Assert.Equal(File.ReadAllBytes(path + ".1.dropped.jsonl"), File.ReadAllBytes(path + ".2.dropped.jsonl"));
        var again = Clean(path + ".1", path + ".3", "exact");
        Assert.Equal((1700, 1700), (again.Rows, again.Kept));
        Assert.Equal(File.ReadAllBytes(path + ".1"), File.ReadAllBytes(path + ".3"));
        Assert.Empty(List(path + ".3"));
    }

    [Fact]
    public void A_dry_run_says_what_would_go_and_writes_nothing()
    {
        var path = Write("a.jsonl", Rows(("a", "b"), ("a", "b")));
        var before = Directory.GetFiles(Path.GetDirectoryName(path)!);
        var result = Clean(path, null, "exact");
        Assert.Equal(1, Assert.Single(result.Remedies).Rows);
        Assert.Equal("a.jsonl, row 2", Assert.Single(result.Remedies[0].Examples).Place);
        Assert.Equal(before, Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void Rows_that_training_would_refuse_stay_unless_they_are_asked_to_go()
    {
        var path = Write("a.jsonl", "{broken\n" + Rows(("a", "b"), ("a", "b")));
        var result = Clean(path, path + ".out", "exact");
        Assert.Equal((2, 1), (result.Kept, result.Unreadable));
        Assert.StartsWith("{broken\n", File.ReadAllText(path + ".out"), StringComparison.Ordinal);
    }

    [Fact]
    public void Several_files_are_one_behind_the_other()
    {
        var (first, second) = (Write("a.jsonl", Rows(("a", "b"))), Write("b.jsonl", Rows(("c", "d"), ("A", "b"))));
        var options = new CleanOptions { Look = new QualityOptions { Files = [first, second] }, Remedies = ["exact"], Out = first + ".out" };
        DataQuality.Clean(options, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(Rows(("a", "b"), ("c", "d")), File.ReadAllText(first + ".out"));
        Assert.Equal("says the same as a.jsonl, row 1", List(first + ".out")[0].GetProperty("why").GetString());
        var mixed = options with { Look = new QualityOptions { Files = [first, Write("c.csv", "prompt,completion\na,b\nc,d\n")] } };
        Assert.Contains("different formats", Refused(() => DataQuality.Clean(mixed))[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("completion,prompt\na3,q3\n\"a, 4\",q4\n", "q3,a3\nq4,\"a, 4\"\n")]
    [InlineData("prompt;completion\nq3;a3\nq4;a, 4\n", "q3,a3\nq4,\"a, 4\"\n")]
    [InlineData("prompt,completion\nq3,\"a3\"\n", "q3,\"a3\"\n")]
    public void Rows_of_a_second_table_stand_under_the_header_of_the_first(string second, string written) =>
        Assert.Equal("prompt,completion\nq1,a1\nq2,a2\n" + written, File.ReadAllText(CleanBoth("prompt,completion\nq1,a1\nq2,a2\n", second, "exact")));

    [Fact]
    public void Tables_of_other_columns_and_broken_records_under_another_header_are_refused()
    {
        const string First = "prompt,completion\nq1,a1\n", Broken = "completion,prompt\na2,q2\na3,q3,z3\na4,q4\n";
        var columns = Assert.Single(Refused(() => CleanBoth(First, "prompt,completion,source\nq2,a2,s\n", "exact"))).Message;
        Assert.Contains("w1.csv: `prompt`, `completion`; w2.csv: `prompt`, `completion`, `source`", columns, StringComparison.Ordinal);
        Assert.Equal("w2.csv, row 2 (line 3)", Assert.Single(Refused(() => CleanBoth(First, Broken, "exact"))).Place);
        var target = CleanBoth(First, Broken, "unreadable");
        Assert.Equal("a3,q3,z3", Assert.Single(List(target)).GetProperty("record").GetString());
        Assert.Equal(First + "q2,a2\nq4,a4\n", File.ReadAllText(target));
    }

    private string CleanBoth(string first, string second, string remedy)
    {
        var (one, other) = (Write("w1.csv", first), Write("w2.csv", second));
        DataQuality.Clean(new CleanOptions { Look = new QualityOptions { Files = [one, other] }, Remedies = [remedy], Out = one + ".out" }, cancel: TestContext.Current.CancellationToken);
        return one + ".out";
    }

    [Fact]
    public void What_cannot_be_done_is_said_before_anything_is_written()
    {
        var path = Write("a.jsonl", Rows(("a", "b"), ("c", "d")));
        Assert.Contains("did you mean exact", Refused(() => Clean(path, path + ".out", "exat"))[0].Remedy, StringComparison.Ordinal);
        Assert.Contains("one of the files", Refused(() => Clean(path, path, "exact"))[0].Message, StringComparison.Ordinal);
        Assert.Contains("says nothing", Refused(() => Clean(path, path + ".out"))[0].Message, StringComparison.Ordinal);
        var cut = Write("cut.json", "[{\"prompt\": \"a\", \"completion\": \"b\"},\n{\"prompt\": ");
        Assert.Contains("cannot be read", Refused(() => Clean(cut, cut + ".out", "unreadable"))[0].Remedy, StringComparison.Ordinal);
        Assert.False(File.Exists(path + ".out") || File.Exists(cut + ".out"));
    }

    [Fact]
    public void Every_remedy_says_what_it_does() =>
        Assert.All(CleanOptions.Known, static k => Assert.False(string.IsNullOrWhiteSpace(k.Does)));

    /// <summary>A text is changed wherever it stands, names of fields are not, and a row without it is the very row.</summary>
    [Fact]
    public void Mending_changes_texts_at_any_depth_and_says_each()
    {
        var (_, rows, _) = Rows(Write("a.jsonl", """{"bad": [{"x": "bad one", "n": 1}, "good"], "y": null}""" + "\n{\"x\": \"good\"}\n"));
        var changes = new List<TextChange>();
        QualityRemedy[] mends = [new("mend", "mends") { Mend = static t => t.Replace("bad", "fine", StringComparison.Ordinal) }];
        var mended = TextMends.Change(rows[0], mends, changes.Add);
        Assert.Equal("""{"bad":[{"x":"fine one","n":1},"good"],"y":null}""", mended.Fields.ToJsonString());
        Assert.True(mended.Raw.IsEmpty);
        Assert.Equal(new TextChange("mend", "bad[0].x", "bad one", "fine one"), Assert.Single(changes));
        Assert.Same(rows[1], TextMends.Change(rows[1], mends));
    }
}
