using Attune.Problems;
using Attune.Selection;

namespace Attune.Tests.Selection;

public sealed class RowLabelsTests
{
    private static LabelSource Rows(params string[] answers) => new(answers, field => field == "topic" ? [.. answers.Select(static (_, i) => i % 2 == 0 ? "tea" : "coffee")] : field == "id" ? [.. answers.Select(static (_, i) => $"{i}")] : null);

    private static string[] Repeated(int times, params string[] answers) => [.. Enumerable.Repeat(answers, times).SelectMany(static a => a)];

    [Fact]
    public void Short_answers_that_repeat_are_labels_where_nothing_is_said()
    {
        var labels = RowLabels.Find("auto", Rows(Repeated(5, "Yes", "no.")))!;
        Assert.Equal(["yes", "no"], labels.OfRow.Take(2));
        Assert.Equal(["no"], labels.Of(Rows("No")));
        Assert.Null(RowLabels.Find("none", Rows(Repeated(5, "yes", "no"))));
        Assert.Null(RowLabels.Find("auto", Rows([.. Enumerable.Range(0, 20).Select(static i => $"an answer of its own: {i}")])));
        // All begin alike, and say something else behind it.
        Assert.Null(RowLabels.Find("auto", Rows([.. Enumerable.Range(0, 20).Select(static i => $"{(i % 2 == 0 ? "Hello" : "Good day")}\nIt is {i}.")])));
    }

    [Fact]
    public void A_few_long_answers_among_labels_count_as_one_without_a_label()
    {
        var labels = RowLabels.Find("auto", Rows([.. Repeated(99, "yes", "no"), new string('x', 100), new string('y', 100)]))!;
        Assert.Equal(["", ""], labels.OfRow.TakeLast(2));
    }

    [Fact]
    public void Labels_are_what_the_metric_sees_or_what_a_field_holds()
    {
        string[] answers = [.. Enumerable.Range(0, 20).Select(static i => $"intent: {(i % 4 == 0 ? "refund" : "Order")}\nIt is {i}.")];
        Assert.Equal(["intent: refund", "intent: order"], RowLabels.Find("label", Rows(answers))!.OfRow.Take(2));
        Assert.Equal(["refund", "Order"], RowLabels.Find("label:intent: ([a-zA-Z]+)", Rows(answers))!.OfRow.Take(2));
        Assert.Equal(["tea", "coffee"], RowLabels.Find("topic", Rows(answers))!.OfRow.Take(2));
    }

    [Theory]
    [InlineData("label", "are no labels: 20 different texts on 20 rows")]
    [InlineData("label:It is ([0-9]+)", "are no labels: 20 different texts")]
    [InlineData("id", "the texts of the field id are no labels")]
    [InlineData("colour", "is no field of the rows")]
    [InlineData("label:(", "--per label:(")]
    public void Rows_without_labels_get_one_message(string rule, string message) =>
        Assert.Contains(message, Assert.Throws<UserErrorException>(() => RowLabels.Find(rule, Rows([.. Enumerable.Range(0, 20).Select(static i => $"It is {i}")]))).Message);
}
