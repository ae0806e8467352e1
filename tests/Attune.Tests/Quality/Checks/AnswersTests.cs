using Attune.Quality;

namespace Attune.Tests.Quality.Checks;

/// <summary>Answers that are empty, cut, or hold what belongs to prompts.</summary>
public class AnswersTests : QualityFiles
{
    private const string Sentence = "The bridge was closed in autumn because its cables had rusted through in the salt of the sea";

    [Fact]
    public void Empty_answers_are_found_whether_training_would_refuse_them_or_not()
    {
        var rows = Rows([("a", ""), ("b", "..."), ("c", "null"), .. Enumerable.Range(0, 60).Select(static i => ($"q{i}", $"answer {i}"))]);
        var found = Of(Report(Write("a.jsonl", rows)), "empty");
        Assert.Equal(["has an empty answer", "is answered by \"...\" alone", "is answered by \"null\""], found.Examples.Select(static e => e.Why));
    }

    [Fact]
    public void A_row_without_an_answer_has_none_that_is_empty()
    {
        var path = Write("a.jsonl", """
            {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
            {"messages": [{"role": "user", "content": "a"}]}
            {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": ""}]}
            {"messages": [{"role": "usr", "content": "a, b: c"}, {"role": "assistant", "content": "b"}]}
            {broken
            {"text": "a"}
            """);
        var report = Report(path);
        Assert.Equal(["a.jsonl, row 3"], Of(report, "empty").Examples.Select(static e => e.Place));
        Assert.Equal([("a field that does not hold what it must", 2.0), ("cannot be read", 1.0), ("other fields than the others", 1.0), ("an empty answer", 1.0)], Of(report, "unreadable").Tables.Single().Rows);
    }

    [Fact]
    public void A_filler_of_many_rows_is_a_label() =>
        Assert.Equal(0, Of(Report(Write("a.jsonl", Rows([.. Enumerable.Range(0, 60).Select(static i => ($"q{i}", i % 3 == 0 ? "N/A" : "yes"))]))), "empty").Rows);

    [Fact]
    public void A_missing_end_counts_where_nearly_all_answers_have_one()
    {
        var closed = Enumerable.Range(0, 50).Select(static i => ($"q{i}", $"{Sentence}, number {i}.")).ToList();
        var found = Of(Report(Write("a.jsonl", Rows([.. closed, ("x", Sentence[..^4]), ("y", "```c\nint x;")]))), "truncated");
        Assert.Equal(["a.jsonl, row 51", "a.jsonl, row 52"], found.Examples.Select(static e => e.Place));
        var open = Rows([.. closed.Select(static (c, i) => (c.Item1, $"{c.Item2[..^1]} {string.Concat(Enumerable.Repeat("and on ", i))}and on"))]);
        Assert.Equal(0, Of(Report(Write("b.jsonl", open)), "truncated").Rows);
    }

    [Fact]
    public void Many_answers_of_the_greatest_length_were_cut_by_a_limit()
    {
        var cut = Enumerable.Range(0, 60).Select(static i => ($"q{i}", $"{i} {Sentence} {Sentence}"[..(i % 6 == 0 ? 150 : 60 + i)]));
        var found = Of(Report(Write("a.jsonl", Rows([.. cut]))), "truncated");
        Assert.Equal(10, found.Rows);
        Assert.All(found.Examples, static e => Assert.Contains("exactly 150 characters", e.Why, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(4)]
    public void An_answer_that_a_limit_cut_within_a_sentence_counts_once(int within)
    {
        // 176 characters: those that end in "the" show by themselves that they were cut, the others only by their common length.
        string Cut(int i) => string.Concat(Enumerable.Repeat($"number {i} of them was found and ", 9))[..171] + (i < within ? "x the" : "x too");
        var rows = Enumerable.Range(0, 40).Select(i => ($"q{i}", i < 10 ? Cut(i) : $"{Sentence}, number {i}."));
        var path = Write("a.jsonl", Rows([.. rows]));
        var found = Of(Report(new QualityOptions { Files = [path], Settings = new QualitySettings { Examples = 40 } }), "truncated");
        Assert.Equal(10, found.Rows);
        Assert.Equal(10, found.Examples.DistinctBy(static e => e.Place).Count());
        Assert.Equal(10.0, found.Figures.Single(static f => f.Name == "at_the_greatest_length").Value);
        Assert.Equal($"10 of 40 answers look cut off: {within} stop within a sentence, code or JSON" + (within == 10 ? "" : $"; {10 - within} others have exactly 176 characters, and none has more"), found.Text);
        Assert.Equal(30, DataQuality.Clean(new CleanOptions { Look = new QualityOptions { Files = [path] }, Remedies = ["truncated"] }, cancel: TestContext.Current.CancellationToken).Kept);
    }

    [Fact]
    public void Marks_and_repeated_prompts_are_found_and_copies_counted()
    {
        const string question = "Why was the bridge closed before the winter?";
        var report = Report(Write("a.jsonl", Rows(("q", "Yes.<|im_end|>"), (question, $"{question} Rust."), ($"{question} {Sentence}.", $"{Sentence}."), ("Write a dialogue with User: lines", "Hm.\nUser: Hello"))));
        Assert.Equal(["answers with the mark <|im_end|>"], Of(report, "marks").Examples.Select(static e => e.Why));
        Assert.Equal(["a.jsonl, row 2"], Of(report, "leakage").Examples.Select(static e => e.Place));
        Assert.Equal(1.0, Of(report, "leakage").Figures.Single().Value);
    }

    [Fact]
    public void Labels_are_balanced_or_not_and_long_answers_are_none()
    {
        var found = Of(Report(Write("a.jsonl", Rows([.. Enumerable.Range(0, 100).Select(static i => ($"q{i}", i < 95 ? "yes" : "no"))]))), "labels");
        Assert.Equal(QualitySeverity.Warning, found.Severity);
        Assert.Equal([("yes", 95.0), ("no", 5.0)], found.Tables.Single().Rows);
        Assert.Empty(Of(Report(Write("b.jsonl", Rows([.. Enumerable.Range(0, 100).Select(static i => ($"q{i}", $"{Sentence} {i}."))]))), "labels").Tables);
    }

    [Fact]
    public void Rows_of_another_language_than_most_are_found_and_short_ones_are_not()
    {
        var rows = Enumerable.Range(0, 20).Select(static i => ($"What was question number {i} about, and who asked it?", $"It was about the bridge that was closed in the autumn of {i}.")).ToList();
        var found = Of(Report(Write("a.jsonl", Rows([.. rows, ("Warum war die Brücke gesperrt?", "Die Brücke war gesperrt, weil die Seile gerostet sind."), ("ok?", "ok")]))), "languages");
        Assert.Equal("is in German, most rows are in English", Assert.Single(found.Examples).Why);
        Assert.Equal([("English", 20.0), ("German", 1.0), ("undecided", 1.0)], found.Tables.Single().Rows);
    }
}
