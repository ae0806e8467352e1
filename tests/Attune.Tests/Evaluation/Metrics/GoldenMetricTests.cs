using System.Text.Json;
using Attune.Evaluation;
using Attune.Evaluation.Metrics;

namespace Attune.Tests.Evaluation.Metrics;

/// <summary>Every metric and test against tests/Fixtures/make_metrics.py, which computes the same from the definitions, in Python.</summary>
public class GoldenMetricTests
{
    private static readonly JsonElement Golden =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "tests", "Fixtures", "metrics.json"))).RootElement;

    [Theory]
    [InlineData("words", "exact")]
    [InlineData("words", "exact:squad")]
    [InlineData("words", "first-line")]
    [InlineData("words", "f1")]
    [InlineData("words", "rouge-l")]
    [InlineData("json", "json")]
    [InlineData("json", "json-fields")]
    [InlineData("numbers", "numeric")]
    [InlineData("numbers", "numeric:0.01")]
    public void Answers_are_scored_as_defined(string group, string metric)
    {
        foreach (var golden in Golden.GetProperty(group).EnumerateArray())
        {
            var (expected, written) = Pair(golden);
            var wanted = Number(golden.GetProperty(metric));
            var score = Scores(metric, [(expected, written)])[0];
            Assert.True(Math.Abs(wanted - score.Rows.Value) < 1e-12, $"{metric} of '{written}' for '{expected}': {score.Rows.Value}, expected {wanted}");
            // A metric that judges single answers marks them as it counts them; one for fields is right where all are.
            if (Parse(metric).IsRight(expected, written) is { } right)
                Assert.Equal(wanted == 1, right);
        }
    }

    [Fact]
    public void Parts_that_an_expression_finds_are_compared()
    {
        foreach (var golden in Golden.GetProperty("regexes").EnumerateArray())
        {
            var (expected, written) = Pair(golden);
            Assert.Equal(golden.GetProperty("right").GetBoolean(), Parse("regex:" + golden.GetProperty("pattern").GetString()).IsRight(expected, written));
        }
    }

    [Fact]
    public void Labels_have_accuracy_macro_F1_and_a_confusion_table()
    {
        var golden = Golden.GetProperty("labels");
        var scores = Scores("label", [.. golden.GetProperty("pairs").EnumerateArray().Select(static p => (p[0].GetString()!, p[1].GetString()!))]);
        Assert.Equal(golden.GetProperty("accuracy").GetDouble(), scores[0].Rows.Value, 12);
        Assert.Equal(golden.GetProperty("right").EnumerateArray().Select(static r => r.GetBoolean()), scores[0].Rows.Right!);
        Assert.Equal(golden.GetProperty("macro_f1").GetDouble(), scores[1].Rows.Value, 12);
        var confusion = scores[0].Confusion!;
        Assert.Equal(golden.GetProperty("labels").EnumerateArray().Select(static l => l.GetString()), confusion.Labels);
        Assert.Equal(golden.GetProperty("counts").EnumerateArray().Select(static r => r.EnumerateArray().Select(static n => n.GetInt32())), confusion.Counts);
        Assert.Equal(scores[1].Rows.Value, Enumerable.Range(0, confusion.Labels.Count).Average(confusion.F1), 12);
    }

    [Fact]
    public void Choices_are_made_by_likelihood_plain_and_per_byte()
    {
        foreach (var golden in Golden.GetProperty("choices").EnumerateArray())
        {
            var scores = new ChoiceScores(
                [.. golden.GetProperty("likelihoods").EnumerateArray().Select(static l => l.GetDouble())],
                [.. golden.GetProperty("bytes").EnumerateArray().Select(static b => b.GetInt32())], golden.GetProperty("right").GetInt32());
            Assert.Equal(golden.GetProperty("plain").GetInt32(), scores.Plain);
            Assert.Equal(golden.GetProperty("normalized").GetInt32(), scores.Normalized);
            var measured = Parse("choice").Measure(new Observed(new LossResult([]), [], [], [scores])).ToArray();
            Assert.Equal([scores.Plain == scores.Right, scores.Normalized == scores.Right], measured.Select(static s => s.Rows.Right![0]));
        }
    }

    [Fact]
    public void Loss_perplexity_and_token_accuracy_weigh_every_token_the_same()
    {
        var golden = Golden.GetProperty("losses");
        var rows = golden.GetProperty("rows").EnumerateArray().Select(static r => new ExampleLoss(
            r.EnumerateArray().Sum(static t => t.GetProperty("loss").GetDouble()), r.GetArrayLength(), r.EnumerateArray().Count(static t => t.GetProperty("hit").GetBoolean())));
        var seen = new Observed(new LossResult([.. rows]), [], [], []);
        Assert.Equal(golden.GetProperty("loss").GetDouble(), Parse("loss").Measure(seen).Single().Rows.Value, 12);
        Assert.Equal(golden.GetProperty("perplexity").GetDouble(), Parse("perplexity").Measure(seen).Single().Rows.Value, 12);
        Assert.Equal(golden.GetProperty("token_accuracy").GetDouble(), Parse("token-accuracy").Measure(seen).Single().Rows.Value, 12);
    }

    [Fact]
    public void McNemars_test_is_exact()
    {
        foreach (var golden in Golden.GetProperty("mcnemar").EnumerateArray())
        {
            var (before, after) = (new List<bool>(), new List<bool>());
            foreach (var (name, was, now) in new[] { ("both", true, true), ("gained", false, true), ("lost", true, false), ("neither", false, false) })
            {
                before.AddRange(Enumerable.Repeat(was, golden.GetProperty(name).GetInt32()));
                after.AddRange(Enumerable.Repeat(now, golden.GetProperty(name).GetInt32()));
            }
            var wanted = golden.GetProperty("p").GetDouble();
            Assert.InRange(PairedTest.McNemar(before, after), wanted * (1 - 1e-9), wanted * (1 + 1e-9));
        }
    }

    [Fact]
    public void Permutations_of_few_rows_are_all_tried()
    {
        foreach (var golden in Golden.GetProperty("permutation").EnumerateArray())
            Assert.Equal(golden.GetProperty("p").GetDouble(), PairedTest.Permutation(Mean(golden.GetProperty("before")), Mean(golden.GetProperty("after"))), 12);
    }

    /// <summary>A metric without a golden case fails here.</summary>
    [Fact]
    public void Every_metric_of_the_table_is_tested() => Assert.Equal(
        ["loss", "perplexity", "token-accuracy", "exact", "first-line", "regex", "label", "numeric", "f1", "rouge-l", "json", "json-fields", "choice"],
        MetricTable.All.Select(static k => k.Name));

    private static MeanScores Mean(JsonElement values) => new(values.EnumerateArray().Select(static v => v.GetDouble()));

    private static (string Expected, string Written) Pair(JsonElement golden) => (golden.GetProperty("expected").GetString()!, golden.GetProperty("written").GetString()!);

    private static double Number(JsonElement value) => value.ValueKind switch { JsonValueKind.True => 1, JsonValueKind.False => 0, _ => value.GetDouble() };

    private static Metric Parse(string name) => MetricTable.ParseAll([name])[0];

    private static Score[] Scores(string metric, (string Expected, string Written)[] pairs) => [.. Parse(metric).Measure(new Observed(
        new LossResult([]), [.. pairs.Select(static p => new Question([0], "", [1], p.Expected))], [.. pairs.Select(static p => new Answer(p.Written, true))], []))];
}
