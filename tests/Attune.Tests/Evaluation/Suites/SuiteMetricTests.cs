using Attune.Evaluation;
using Attune.Evaluation.Metrics;
using Attune.Evaluation.Suites;

namespace Attune.Tests.Evaluation.Suites;

public class SuiteMetricTests
{
    private static Observed Seen(IReadOnlyList<Question> questions, IReadOnlyList<string> answers) =>
        new(new LossResult([]), questions, [.. answers.Select(static a => new Answer(a, true))], []);

    private static Observed Chose(params ChoiceScores[] choices) => new(new LossResult([]), [], [], choices);

    private static Question Row(bool? flag = null, string context = "", params string[] accepted) =>
        new([1], "q", [2], "a") { Flag = flag, Context = context, Accepted = accepted };

    private static double[] Values(Metric metric, Observed seen) => [.. metric.Measure(seen).Select(static s => s.Rows.Value)];

    [Fact]
    public void Mc1_asks_whether_the_best_answer_beats_every_false_one_and_not_the_other_true_ones()
    {
        var behindATrueOne = new ChoiceScores([-2, -1, -3], [1, 1, 1], 0) { True = 2 };
        var behindAFalseOne = new ChoiceScores([-2, -3, -1], [1, 1, 1], 0) { True = 2 };
        Assert.Equal([0.5], Values(new TrueChoice(mass: false), Chose(behindATrueOne, behindAFalseOne)));
    }

    [Fact]
    public void Mc2_is_the_probability_on_true_answers()
    {
        var row = new ChoiceScores([Math.Log(0.2), Math.Log(0.1), Math.Log(0.1)], [1, 1, 1], 0) { True = 2 };
        // The same with all probabilities e^-2000 times as large: whole answers are that unlikely.
        var tiny = row with { LogLikelihoods = [.. row.LogLikelihoods.Select(static l => l - 2000)] };
        Assert.All(Values(new TrueChoice(mass: true), Chose(row, tiny)), static v => Assert.Equal(0.75, v, 1e-12));
    }

    [Fact]
    public void A_long_right_answer_is_compared_by_the_byte()
    {
        var row = new ChoiceScores([-10, -4], [10, 2], 0) { True = 1 };
        Assert.Equal([1.0], Values(new RightOverWrong(), Chose(row)));
        Assert.Equal([0.0], Values(new RightOverWrong(), Chose(row with { Bytes = [10, 8] })));
    }

    [Fact]
    public void Auc_is_the_share_of_pairs_that_are_in_order_with_ties_as_half()
    {
        static ChoiceScores One(double score, bool right) => new([score], [1], 0) { Flag = right };
        // Right: 1, 3, 5. Wrong: 2, 3. In order: 3 > 2, 5 > 2, 5 > 3; a tie: 3 = 3.
        var seen = Chose(One(-1, true), One(-2, false), One(3, true), One(3, false), One(5, true));
        Assert.Equal([(3 + 0.5 + 0) / 6], Values(new AnswerAuc(), seen with { Choices = [One(1, true), One(2, false), One(3, true), One(3, false), One(5, true)] }));
        Assert.Equal([0.5], Values(new AnswerAuc(), Chose(One(1, true), One(2, true))));
        // Of two fixed choices the margin of the first is the score.
        Assert.Equal([1.0], Values(new AnswerAuc(), Chose(new([-1, -2], [3, 2], 0), new([-5, -5.5], [3, 2], 1))));
    }

    [Fact]
    public void Auc_of_swapped_models_is_the_other_ones()
    {
        var was = new AucScores([[(0.1, true), (0.2, false)], [(0.3, true), (0.1, false)]]);
        var now = new AucScores([[(0.9, true), (0.2, false)], [(0.8, true), (0.1, false)]]);
        Assert.Equal(1, now.Value);
        var totals = new double[now.Width];
        was.Add(0, totals);
        now.Add(1, totals);
        // 0.1 and 0.8 against 0.2 and 0.1.
        Assert.Equal(2.5 / 4, now.Finish(totals), 1e-12);
        now.Add(1, totals);
        Assert.Equal((0.5 + 0 + 4 + 2) / 9, was.Finish(totals), 0.06);
        Assert.True(PairedTest.Of(was, now).PValue > 0.05);
    }

    [Fact]
    public void Abstaining_has_precision_and_recall()
    {
        var task = new SuiteTask { Name = "t", Files = [], Prompt = "p", Answer = "a", Metrics = [], Flag = new("f", ["oos"]), Abstains = [@"\boos\b", "do not know"] };
        var metric = Abstention.Parse(task).Metric!;
        var seen = Seen([Row(true), Row(true), Row(false), Row(false)], ["OOS", "a flight", "I do not know.", "oosit"]);
        Assert.Equal([0.5, 0.5, 0.5], Values(metric, seen));
        Assert.Equal([0, 0, 0], Values(metric, Seen([Row(true)], ["a flight"])));
        Assert.NotNull(Abstention.Parse(task with { Abstains = ["("] }).Problem);
    }

    [Fact]
    public void What_is_grounded_is_counted_by_content_words_and_by_the_value_of_numbers()
    {
        Assert.Equal((2, 1, 2, 1), Groundedness.Of("Sales rose to $1,496.5 in 2019.", "The sales were 1496.50, profits 17"));
        var rows = Seen([Row(null, "sales of 5"), Row(null, "sales of 5"), Row(null, "sales of 5")], ["sales 5", "costs 5 6", "of the"]);
        var values = Values(new Groundedness(), rows);
        Assert.Equal((1 + 1 / 3.0) / 2, values[0], 1e-12);
        Assert.Equal((1 + 0.5) / 2, values[1], 1e-12);
        Assert.Equal(0.5, values[2], 1e-12);
    }

    [Fact]
    public void Accepted_answers_are_any_of_several()
    {
        var seen = Seen([Row(null, "", "Rome", "the city of Rome"), Row(null, "", "Oslo")], ["It is Rome.", "Bergen"]);
        Assert.Equal([0, 0.5, 0.25], Values(new AcceptedAnswer(), seen).Select(static v => Math.Round(v, 3)));
        Assert.True(AcceptedAnswer.Is(["Rome"], "the Rome!"));
        Assert.False(AcceptedAnswer.Holds(["Rom"], "Rome"));
    }
}
