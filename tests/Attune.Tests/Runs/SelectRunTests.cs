using System.Text.Json;
using Attune.Engine.Backends;
using Attune.Problems;
using Attune.Runs;
using Attune.Selection;

namespace Attune.Tests.Runs;

/// <summary>Selection from the rows to the file: planted noise, resumption, budgets.</summary>
public sealed class SelectRunTests : IDisposable
{
    private const int Rows = 40, Noise = 12;

    private readonly TinyModel tiny = new();

    public SelectRunTests()
    {
        // The first twelve rows have answers of other rows.
        var clean = File.ReadAllLines(tiny.Data).Take(Rows).ToArray();
        static string Answer(string line) => line[line.IndexOf("item=", StringComparison.Ordinal)..line.IndexOf("\"}]}", StringComparison.Ordinal)];
        File.WriteAllLines(tiny.FileOf("noisy.jsonl"), clean.Select((line, i) => i < Noise ? line.Replace(Answer(line), Answer(clean[i + 3]), StringComparison.Ordinal) : line));
        File.WriteAllLines(tiny.FileOf("valid.jsonl"), File.ReadAllLines(tiny.Data).Skip(Rows));
    }

    public void Dispose() => tiny.Dispose();

    private SelectOptions Options(string by, string keep, string name = "kept.jsonl") => new() { Data = tiny.FileOf("noisy.jsonl"), By = by, Keep = keep, Out = tiny.FileOf(name) };

    private static SelectResult Select(string model, SelectOptions options, int threads = 1, CancellationToken? cancel = null, Action<RunNotice>? notice = null)
    {
        using var opened = InferenceModel.Open(model, null, null, CpuBackend.Shared(threads));
        return SelectRun.Execute(opened, options, notice ?? (static _ => { }), cancel ?? TestContext.Current.CancellationToken);
    }

    private string Taught(int steps) => tiny.Run("taught", "method.kind=full", "method.rank=auto", "eval.max_new_tokens=auto", $"train.max_steps={steps}", "train.learning_rate=0.01", "eval.rows=0",
        "data.valid_fraction=0", "train.eval_every=300", "eval.general=none", "eval.memorisation=0").Saved;

    // Numbers of the kept rows within the file they came from.
    private int[] Kept(string name = "kept.jsonl")
    {
        var all = File.ReadAllLines(tiny.FileOf("noisy.jsonl")).Select(Normal).ToList();
        return [.. File.ReadAllLines(tiny.FileOf(name)).Select(l => all.IndexOf(Normal(l)) + 1)];
    }

    private static string Normal(string line) => JsonSerializer.Serialize(JsonDocument.Parse(line));

    [Theory]
    [InlineData("perplexity")]
    [InlineData("ifd")]
    public void Answers_of_other_rows_are_told_by_a_model_that_knows_the_task(string by)
    {
        var result = Select(Taught(150), Options(by, $"{Rows - Noise}") with { End = SelectionEnd.Low });
        // Every wrong row is found, and no other: precision and recall are one.
        Assert.Equal(Enumerable.Range(Noise + 1, Rows - Noise), Kept());
        Assert.Equal((Rows, Rows - Noise), (result.Account.Rows, result.Account.Kept));
        Assert.True(result.Account.KeptScores!.Highest < result.Account.DroppedScores!.Lowest);
        Assert.All(result.Account.Worst, static w => Assert.InRange(w.Row, 1, Noise));
        Assert.Contains("item=", result.Account.Best[0].Answer);
    }

    /// <summary>Whatever chooses, it does not see the rows that the model finds wrong; and what is left out is said.</summary>
    [Theory]
    [InlineData("random")]
    [InlineData("k-centre")]
    [InlineData("ifd")]
    public void Rows_that_surprise_a_model_most_are_left_out_before_others_are_chosen(string by)
    {
        var options = Options(by, "100%") with { Suspect = "30%", WarmUp = "100%", LearningRate = 0.0001, Per = "none" };
        var result = Select(Taught(150), options);
        Assert.Equal(Enumerable.Range(Noise + 1, Rows - Noise), Kept());
        Assert.Contains(result.Account.Notes, static n => n.Contains("left out: 12 rows whose answers surprise", StringComparison.Ordinal));
        Assert.Contains(result.Account.Notes, static n => n.Contains("fewer are kept than the 40 asked for", StringComparison.Ordinal));
        var other = Select(tiny.FileOf("taught/model"), options with { Keep = "10", Suspect = "50%", Out = tiny.FileOf("ten.jsonl"), Scores = options.ScoresPath });
        Assert.Equal((result.Measured, 10), (other.Resumed, other.Account.Kept));
        Assert.Subset(Enumerable.Range(Noise + 1, Rows - Noise).ToHashSet(), Kept("ten.jsonl").ToHashSet());
    }

    [Fact]
    public void Of_each_label_its_share_is_left_out()
    {
        var account = Select(tiny.Path, Labelled("random", "100%") with { Suspect = "30%", WarmUp = "12" }).Account;
        Assert.Equal([new("a", 24, 17), new("b", 12, 9), new("c", 4, 3)], account.Labels);
        Assert.Contains(account.Notes, static n => n.Contains("left out: 11 rows whose answers surprise", StringComparison.Ordinal));
    }

    /// <summary>Of rows of another kind none is kept; answers that are of the kind and wrong are told by most of their gradients.</summary>
    [Theory]
    [InlineData(true, 27)]
    [InlineData(false, 23)]
    public void Rows_that_pull_away_from_validation_rows_have_the_lowest_influence(bool ofAnotherKind, int least)
    {
        if (ofAnotherKind)
            File.WriteAllLines(tiny.FileOf("noisy.jsonl"), File.ReadAllLines(tiny.FileOf("noisy.jsonl")).Select(static (line, i) => i < Noise ? line.Replace("item=", $"{i * 7919 % 1000} zq ", StringComparison.Ordinal) : line));
        Select(Taught(60), Options("less", $"{Rows - Noise}") with { Valid = [tiny.FileOf("valid.jsonl")], WarmUp = "100%", LearningRate = 0.01 });
        Assert.InRange(Kept().Count(static r => r > Noise), least, Rows - Noise);
    }

    [Theory]
    [InlineData("random")]
    [InlineData("perplexity")]
    [InlineData("less")]
    [InlineData("k-centre")]
    [InlineData("facility")]
    [InlineData("quality-diversity")]
    public void A_rerun_and_any_number_of_threads_give_the_same_bytes_and_another_budget_measures_nothing(string by)
    {
        var options = Options(by, "25%") with { Valid = [tiny.FileOf("valid.jsonl")], WarmUp = by is "less" or "perplexity" ? "12" : null };
        var first = Select(tiny.Path, options);
        var bytes = TinyModel.Bytes(tiny.Folder);
        Assert.Equal(first.Measured, Select(tiny.Path, options, threads: 2).Resumed);
        Assert.Equal(bytes, TinyModel.Bytes(tiny.Folder));
        // By its own rule quality leaves rows out.
        Assert.InRange(first.Account.Kept, by == "quality-diversity" ? 5 : 10, 10);
        Assert.Equal(first.Account.Kept < 10, first.Account.Notes.Any(static n => n.Contains("fewer are kept than the 10", StringComparison.Ordinal)));

        var other = Select(tiny.Path, options with { Keep = "5", Out = tiny.FileOf("five.jsonl"), Scores = options.ScoresPath });
        Assert.Equal(first.Measured, other.Resumed);
        Assert.Subset(Kept().ToHashSet(), Kept("five.jsonl").ToHashSet());
    }

    [Theory]
    [InlineData("ifd", null)]
    [InlineData("less", "12")]
    [InlineData("quality-diversity", null)]
    public void What_was_killed_goes_on_to_the_same_bytes(string by, string? warmUp)
    {
        var whole = Options(by, "10", "whole.jsonl") with { Valid = [tiny.FileOf("valid.jsonl")], WarmUp = warmUp };
        var measured = Select(Taught(60), whole).Measured;
        var lines = File.ReadAllLines(whole.ScoresPath);
        foreach (var cut in new[] { 1, 7, lines.Length - 1 })
        {
            var again = whole with { Out = tiny.FileOf("again.jsonl") };
            File.WriteAllText(again.ScoresPath, string.Join('\n', lines[..cut]) + "\n" + lines[cut][..10]);
            var result = Select(tiny.FileOf("taught/model"), again);
            Assert.Equal((cut - 1, measured), (result.Resumed, result.Measured));
            Assert.Equal(File.ReadAllText(whole.ScoresPath), File.ReadAllText(again.ScoresPath));
            Assert.Equal(File.ReadAllText(whole.Out), File.ReadAllText(again.Out));
        }
        Assert.False(Directory.Exists(Path.ChangeExtension(whole.ScoresPath, ".warm-up")));
    }

    [Fact]
    public void Validation_rows_and_rows_that_ask_the_same_are_never_kept()
    {
        var lines = File.ReadAllLines(tiny.FileOf("noisy.jsonl"));
        // The same question with another answer, in other case.
        File.WriteAllLines(tiny.FileOf("valid.jsonl"), [lines[3], lines[20].Replace("Where", "WHERE", StringComparison.Ordinal).Replace("item=", "thing=", StringComparison.Ordinal)]);
        var result = Select(tiny.Path, Options("random", "100%") with { Valid = [tiny.FileOf("valid.jsonl")] });
        Assert.Equal(Enumerable.Range(1, Rows).Except([4, 21]), Kept());
        Assert.Equal(2, result.Account.InValidation);
    }

    [Fact]
    public void Rows_by_chance_depend_on_the_seed_alone()
    {
        Select(tiny.Path, Options("random", "50%"));
        Select(tiny.Path, Options("random", "50%", "two.jsonl") with { Seed = 2 });
        Assert.Equal(Rows / 2, Kept().Length);
        Assert.NotEqual(Kept(), Kept("two.jsonl"));
    }

    [Fact]
    public void A_budget_in_tokens_is_not_exceeded()
    {
        var account = Select(tiny.Path, Options("facility", "400t")).Account;
        Assert.InRange(account.KeptTokens, 300, 400);
    }

    // Labels of 24, 12 and 4 rows, mixed.
    private static readonly string[] Mixed = [.. Enumerable.Range(0, 40).Select(static i => i % 10 == 9 ? "c" : i % 10 is 2 or 5 or 8 ? "b" : "a")];

    private SelectOptions Labelled(string by, string keep, string per = "auto")
    {
        File.WriteAllLines(tiny.FileOf("noisy.jsonl"), Mixed.Select(static (label, i) => $"{{\"prompt\": \"Where is {label} {i}?\", \"completion\": \"{label}\", \"topic\": \"{(i < 30 ? "tea" : "milk")}\"}}"));
        File.WriteAllLines(tiny.FileOf("valid.jsonl"), Mixed.Take(10).Select(static (label, i) => $"{{\"prompt\": \"Which is {label} {i}?\", \"completion\": \"{label}\"}}"));
        return Options(by, keep) with { Per = per, Valid = [tiny.FileOf("valid.jsonl")] };
    }

    /// <summary>Every selector keeps the share of each label, however rare; without labels, chance and neighbours decide.</summary>
    [Theory]
    [InlineData("random")]
    [InlineData("perplexity")]
    [InlineData("less")]
    [InlineData("k-centre")]
    [InlineData("facility")]
    public void Labels_keep_their_shares(string by)
    {
        var account = Select(tiny.Path, Labelled(by, "25%") with { WarmUp = by == "less" ? "12" : null }).Account;
        LabelRows[] shares = [new("a", 24, 6), new("b", 12, 3), new("c", 4, 1)];
        Assert.Equal(Mixed.GroupBy(static l => l).Select(static g => (g.Key, g.Count())).OrderByDescending(static g => g.Item2), account.Labels.Select(static l => (l.Label, l.Rows)));
        Assert.Equal(account.Labels.Select(static l => (l.Label, l.Kept)), Kept().GroupBy(static r => Mixed[r - 1]).Select(static g => (g.Key, g.Count())).OrderByDescending(static g => g.Item2));
        Assert.Equal(shares, account.Labels);
        Assert.Equal(10, account.Kept);
        Assert.Contains(account.Notes, static n => n.Contains("each of 3 labels", StringComparison.Ordinal) && n.Contains("1 to 6 of each", StringComparison.Ordinal));
    }

    [Fact]
    public void A_field_is_a_label_too_and_none_is_none()
    {
        Assert.Equal([new("tea", 30, 3), new("milk", 10, 1)], Select(tiny.Path, Labelled("random", "4", "topic")).Account.Labels);
        Assert.Empty(Select(tiny.Path, Labelled("random", "4", "none")).Account.Labels);
    }

    [Fact]
    public void A_budget_in_tokens_is_spread_over_labels()
    {
        var account = Select(tiny.Path, Labelled("random", "200t")).Account;
        Assert.InRange(account.KeptTokens, 150, 200);
        Assert.All(account.Labels, static l => Assert.InRange(l.Kept, 1, l.Rows));
        Assert.Equal(account.Kept, account.Labels.Sum(static l => l.Kept));
    }

    [Fact]
    public void What_cannot_be_is_said_in_one_message()
    {
        Select(tiny.Path, Options("perplexity", "5"));
        foreach (var (options, message) in new (SelectOptions, string)[]
        {
            (Options("perplexty", "5"), "did you mean perplexity?"),
            (Options("perplexity", "500"), "only 40 rows"),
            (Options("random", "2t"), "not one row"),
            (Options("less", "5"), "--valid"),
            (Options("random", "5") with { End = SelectionEnd.Low }, "--end"),
            (Options("random", "5") with { Apart = 0.5 }, "--apart"),
            (Options("random", "5") with { WarmUp = "5" }, "--warm-up"),
            (Options("perplexity", "5") with { WarmUp = "50t" }, "a number of rows or a share"),
            (Options("random", "5") with { Suspect = "100%" }, "below 100 %"),
            (Options("random", "5") with { Suspect = "5" }, "--suspect 5"),
            (Options("random", "5", "noisy.jsonl"), "would be lost"),
            (Options("ifd", "5"), "scores of another measure"),
            (Options("perplexity", "5") with { WarmUp = "12" }, "warm-up"),
            (Options("random", "5") with { Valid = [tiny.FileOf("noisy.jsonl")] }, "no row is left"),
        })
            Assert.Contains(message, Assert.Throws<UserErrorException>(() => Select(tiny.Path, options)).Message);
        Assert.Contains("model", Assert.Throws<UserErrorException>(() => Select(tiny.Make("another", 9), Options("perplexity", "5"))).Message);
        // Kept rows of before are still there.
        Assert.Equal(5, Kept().Length);
    }
}
