using System.Globalization;
using Attune.Problems;
using Attune.Quality;

namespace Attune.Tests.Quality.Checks;

public class ContaminationTests : QualityFiles
{
    private static readonly string[] Vocabulary = [.. Enumerable.Range(0, 3000).Select(static i => $"w{i * 7919 % 99991:x}")];

    private static string Text(Random random, int words) => string.Join(' ', Enumerable.Range(0, words).Select(_ => Vocabulary[random.Next(Vocabulary.Length)]));

    private static string Part(string text, int from, int words) => string.Join(' ', text.Split(' ').Skip(from).Take(words));

    private QualityFinding Found(IEnumerable<(string, string)> rows, IEnumerable<(string, string)> evaluation) => Of(Report(new QualityOptions
    {
        Files = [Write("a.jsonl", Rows([.. rows]))],
        Evaluation = [Write("test.jsonl", Rows([.. evaluation]))],
        Settings = new QualitySettings { Examples = int.MaxValue },
    }), "contamination");

    /// <summary>Whole prompts, passages of 13 words within prompts and answers; and passages of 12 words, shared phrases and shared answers, which are none.</summary>
    [Fact]
    public void Planted_leaks_are_found_and_no_others()
    {
        var random = new Random(5);
        (string Prompt, string Answer)[] evaluation = [.. Enumerable.Range(0, 300).Select(i => (i % 2 == 0 ? Text(random, 40) : Text(random, 5), $"label {i % 5}"))];
        const string phrase = "please classify the following message of a customer into one of our eleven intents now";
        evaluation[10].Prompt = phrase + " " + evaluation[10].Prompt;
        var (rows, planted) = (new List<(string, string)>(), new HashSet<int>());
        for (var i = 0; i < 5000; i++)
        {
            var (asked, answer) = evaluation[random.Next(150) * 2];
            rows.Add((i % 50) switch
            {
                0 => (evaluation[random.Next(300)].Prompt.ToUpperInvariant(), "other"),
                1 => ($"{Text(random, 10)} {Part(asked, 20, 13)} {Text(random, 10)}", "x"),
                2 => (Text(random, 10), $"{Part(asked, 12, 14)}, {Text(random, 3)}"),
                3 => ($"{Text(random, 10)} {Part(asked, 20, 12)} {Text(random, 10)}", "x"),
                4 => ($"{phrase} {Text(random, 20)}", answer),
                _ => (Text(random, 30), answer),
            });
            if (i % 50 < 3) planted.Add(i + 1);
        }
        var found = Found(rows, evaluation);
        var hit = found.Examples.Select(static e => int.Parse(e.Place.Split(' ')[^1], CultureInfo.InvariantCulture)).ToHashSet();
        Assert.True(hit.SetEquals(planted), $"precision {(double)hit.Intersect(planted).Count() / hit.Count:F4}, recall {(double)hit.Intersect(planted).Count() / planted.Count:F4}");
        Assert.Equal(QualitySeverity.Error, found.Severity);
    }

    [Fact]
    public void Evaluation_rows_are_counted_once_each()
    {
        var random = new Random(6);
        (string, string)[] evaluation = [.. Enumerable.Range(0, 20).Select(_ => (Text(random, 30), "x"))];
        (string, string)[] rows = [evaluation[0], evaluation[0], (Part(evaluation[1].Item1, 2, 15) + " end", "y"), (Part(evaluation[2].Item1, 0, 29), "y"), ("else", "x")];
        var found = Found(rows, evaluation);
        Assert.Equal(4, found.Rows);
        Assert.Equal(3, found.Figures.Single(static f => f.Name == "contaminated").Value);
        Assert.Equal(2, found.Figures.Single(static f => f.Name == "mostly_contaminated").Value);
        Assert.Equal(0, Found([("else", "x")], evaluation).Rows);
    }

    [Fact]
    public void Running_text_counts_as_a_whole()
    {
        var text = Text(new Random(8), 50);
        var report = Report(Write("a.txt", $"Before. {Part(text, 10, 20)} behind.\n---\nOther.\n"), Write("valid.txt", text + "\n"));
        Assert.Equal(1, Of(report, "contamination").Rows);
    }

    [Fact]
    public void Words_within_calls_count()
    {
        var asked = Text(new Random(9), 20);
        var rows = Write("a.jsonl", CallRow("Look it up.", "search", new { query = Part(asked, 3, 13) }) + CallRow("Look it up.", "search", new { query = Part(asked, 3, 12) }));
        Assert.Equal("a.jsonl, row 1", Assert.Single(Of(Report(rows, Write("test.jsonl", Rows((asked, "x")))), "contamination").Examples).Place);
    }

    [Fact]
    public void The_remedy_needs_evaluation_files_and_takes_the_rows_out()
    {
        var path = Write("a.jsonl", Rows(("What is it?", "a"), ("else", "b")));
        CleanOptions Options(params string[] valid) => new() { Look = new QualityOptions { Files = [path], Evaluation = [.. valid.Select(static v => new Attune.Data.DataSource(v))] }, Remedies = ["contamination"], Out = path + ".out" };
        Assert.Contains("--valid", Assert.Throws<UserErrorException>(() => DataQuality.Clean(Options(), cancel: TestContext.Current.CancellationToken)).Problems[0].Message, StringComparison.Ordinal);
        DataQuality.Clean(Options(Write("v.jsonl", Rows(("what IS it", "c")))), cancel: TestContext.Current.CancellationToken);
        Assert.Equal(Rows(("else", "b")), File.ReadAllText(path + ".out"));
    }

    [Fact]
    public void Too_many_n_grams_are_thinned_and_passages_found_all_the_same()
    {
        var table = new GramTable();
        for (var i = 0UL; i < GramTable.Most + 10; i++) table.AddEvaluation(i * 0x9E3779B97F4A7C15UL, (int)i);
        var passage = Enumerable.Range(1000, 60).Select(static i => (ulong)i * 0x9E3779B97F4A7C15UL).ToArray();
        Assert.InRange(passage.Count(g => table.AddRow(g) > 0), 10, 50);
        Assert.Equal(0, table.AddRow(12345));
    }
}
