using System.Globalization;
using Attune.Recipes;
using Attune.Search;

namespace Attune.Tests.Search;

public class StudyStartTests
{
    private static readonly RangeParameter Rate = new("rate", 1e-4, 1e-1) { IsLog = true };
    private static readonly ChoiceParameter Kind = new("kind", ["lora", "dora", "norms"]);
    private static readonly ChoiceParameter Rank = new("rank", ["4", "8", "32"]) { When = new("kind", ["lora", "dora"]) };

    [Fact]
    public void What_the_space_has_stays_as_it_is()
    {
        var start = Of(("rate", "0.0032"), ("kind", "dora"), ("rank", "8"));
        Assert.Equal([new("rate", "0.0032"), new("kind", "dora"), new("rank", "8")], start.Values);
        Assert.Empty(start.Moved);
        Assert.Equal("the recipe itself", start.Name);
    }

    [Fact]
    public void What_is_not_there_beside_the_rest_is_left_out() =>
        Assert.Equal([new("rate", "0.0032"), new("kind", "norms")], Of(("rate", "0.0032"), ("kind", "norms"), ("rank", "7")).Values);

    [Theory]
    [InlineData("0.5", "16", "0.1", "8")]
    [InlineData("1E-06", "100", "0.0001", "32")]
    [InlineData("auto", "none", "0.0031622776601683", "4")]
    public void Numbers_move_to_the_nearest(string rate, string rank, string wantedRate, string wantedRank)
    {
        var start = Of(("rate", rate), ("kind", "lora"), ("rank", rank));
        Assert.Equal(double.Parse(wantedRate, CultureInfo.InvariantCulture), double.Parse(start.Values[0].Value, CultureInfo.InvariantCulture), 1e-5);
        Assert.Equal(new ParameterValue("rank", wantedRank), start.Values[2]);
        Assert.Equal([new("rate", rate), new("rank", rank)], start.Moved);
        Assert.Equal("the nearest to the recipe", start.Name);
    }

    /// <summary>The rate of a method is another one's no more: it is asked for again.</summary>
    [Fact]
    public void What_depends_on_a_word_that_moved_is_resolved_again()
    {
        var start = StudyStart.Of(new SearchSpace([Rate, Kind, Rank]), moved => p => p.Name switch
        {
            "rate" => moved.Contains(new("kind", "lora")) ? "0.002" : "1E-09",
            "kind" => "full",
            _ => "8",
        });
        Assert.Equal([new("rate", "0.002"), new("kind", "lora"), new("rank", "8")], start.Values);
        Assert.Equal([new ParameterValue("kind", "full")], start.Moved);
    }

    [Theory]
    [InlineData("5", "6")]
    [InlineData("7", "6")]
    [InlineData("9", "10")]
    [InlineData("11.2", "10")]
    [InlineData("-3", "2")]
    [InlineData("6", "6")]
    public void A_grid_takes_its_own_points(string text, string wanted)
    {
        var grid = new RangeParameter("x", 2, 11) { Step = 4 };
        Assert.Equal(wanted, grid.Nearest(text));
        Assert.Equal(text == wanted, grid.Has(text));
    }

    /// <summary>At a rung with three better ones; anyone else would be ended.</summary>
    [Fact]
    public void The_recipe_itself_is_never_ended_early()
    {
        var plan = SearchPlan.Of(new SearchRecipe { Space = [new("train.learning_rate") { From = 1e-4, To = 1e-1, IsLog = true }] }) with
        {
            Start = new([new("train.learning_rate", "0.05")], []),
        };
        Trial Of(int number, string rate, double loss) => new()
        {
            Number = number,
            Values = [new("train.learning_rate", rate)],
            State = TrialState.Running,
            Reports = [new(10, loss)],
        };
        Trial[] trials = [Of(0, "0.05", 9), Of(1, "0.01", 1), Of(2, "0.02", 2), Of(3, "0.03", 3), Of(4, "0.06", 9)];
        Assert.Null(plan.Judge(trials[0], trials));
        Assert.NotNull(plan.Judge(trials[4], trials));
    }

    /// <summary>A study of an earlier version has its trials already: it goes on with the recipe, once.</summary>
    [Fact]
    public void A_study_that_has_begun_without_it_takes_it_up_once()
    {
        var plan = SearchPlan.Of(new SearchRecipe { Space = [new("train.learning_rate") { From = 1e-4, To = 1e-1, IsLog = true }] }) with
        {
            Start = new([new("train.learning_rate", "0.05")], []),
        };
        var trials = new List<Trial> { new() { Number = 0, Values = [new("train.learning_rate", "0.001")], State = TrialState.Done, Result = 1 } };
        for (var i = 1; i < 5; i++)
            trials.Add(new Trial { Number = i, Values = plan.Propose(i, trials)!, State = TrialState.Done, Result = i });
        Assert.Equal(1, trials.Single(plan.Start.Is).Number);
    }

    private static StudyStart Of(params (string Name, string Value)[] own) =>
        StudyStart.Of(new SearchSpace([Rate, Kind, Rank]), _ => p => own.First(o => o.Name == p.Name).Value);
}
