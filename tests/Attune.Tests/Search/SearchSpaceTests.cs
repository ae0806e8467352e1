using Attune.Search;

namespace Attune.Tests.Search;

public class SearchSpaceTests
{
    public static TheoryData<string> Parameters => [.. Table.Keys];

    private static readonly Dictionary<string, SearchParameter> Table = new()
    {
        ["float"] = new RangeParameter("a", -2, 3),
        ["log"] = new RangeParameter("a", 1e-5, 1e-2) { IsLog = true },
        ["narrow"] = new RangeParameter("a", 1000.1, 1000.2),
        ["narrow log"] = new RangeParameter("a", 0.99, 0.9999) { IsLog = true },
        ["int"] = new RangeParameter("a", 2, 9) { IsWhole = true },
        ["log int"] = new RangeParameter("a", 1, 64) { IsLog = true, IsWhole = true },
        ["step"] = new RangeParameter("a", 0.1, 0.7) { Step = 0.1 },
        ["whole step"] = new RangeParameter("a", 16, 100) { Step = 16, IsWhole = true },
        ["choice"] = new ChoiceParameter("a", ["4", "8", "16"]),
        ["words"] = new ChoiceParameter("a", ["lora", "full"]),
    };

    /// <summary>A value lies in its own cell, a cell gives its value, and cells of a grid cover [0, 1] without a gap.</summary>
    [Theory]
    [MemberData(nameof(Parameters))]
    public void Values_and_cells_belong_together(string name)
    {
        var parameter = Table[name];
        for (var i = 0; i < 1000; i++)
        {
            var unit = i / 1000.0;
            var (low, high) = parameter.CellOf(parameter.ValueAt(unit));
            if (parameter.Levels > 0)
                Assert.InRange(unit, low - 1e-9, high + 1e-9);
            else
                Assert.InRange(low, unit - 6e-4, unit + 6e-4);
            Assert.Equal(parameter.ValueAt(unit), parameter.ValueAt((low + high) / 2));
        }
        if (parameter.Levels == 0)
            return;
        var values = Enumerable.Range(0, 100_000).Select(i => parameter.ValueAt(i / 100_000.0)).Distinct().ToList();
        Assert.Equal(parameter.Levels, values.Count);
        var end = 0.0;
        foreach (var value in values)
        {
            var (low, high) = parameter.CellOf(value);
            Assert.Equal(end, low, 1e-9);
            end = high;
        }
        Assert.Equal(1, end, 1e-9);
    }

    [Fact]
    public void Values_read_well()
    {
        Assert.Equal("0.0003162", Table["log"].ValueAt(0.5));
        Assert.Equal("0.5", Table["float"].ValueAt(0.5));
        Assert.Equal("1000.15", Table["narrow"].ValueAt(0.5));
        Assert.Equal(["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7"], Enumerable.Range(0, 7).Select(i => Table["step"].ValueAt((i + 0.5) / 7)));
        Assert.Equal(["16", "32", "48", "64", "80", "96"], Enumerable.Range(0, 6).Select(i => Table["whole step"].ValueAt((i + 0.5) / 6)));
        Assert.True(Table["choice"].IsOrdered);
        Assert.False(Table["words"].IsOrdered);
    }

    /// <summary>Of 1 to 64 by the logarithm, 1 has the share log(1.5 / 0.5) / log(64.5 / 0.5).</summary>
    [Fact]
    public void Whole_numbers_by_their_logarithm_have_their_share()
    {
        var (low, high) = Table["log int"].CellOf("1");
        Assert.Equal(Math.Log(3) / Math.Log(129), high - low, 1e-12);
        Assert.Equal("64", Table["log int"].ValueAt(0.9999));
    }

    [Theory]
    [InlineData("float", "4")]
    [InlineData("float", "x")]
    [InlineData("int", "NaN")]
    [InlineData("choice", "5")]
    public void What_is_no_value_is_refused(string name, string value) => Assert.Throws<FormatException>(() => Table[name].CellOf(value));

    [Fact]
    public void Conditions_come_behind_what_they_ask_about()
    {
        var space = new SearchSpace(
        [
            new RangeParameter("deep", 0, 1) { When = new("scale", ["b"]) },
            new ChoiceParameter("scale", ["a", "b"]) { When = new("kind", ["lora", "dora"]) },
            new ChoiceParameter("kind", ["lora", "dora", "full"]),
        ]);
        Assert.Equal(["kind", "scale", "deep"], space.Parameters.Select(static p => p.Name));
        IReadOnlyList<ParameterValue> With(string kind, string scale) => space.Decide(p => p.Name switch { "kind" => kind, "scale" => scale, _ => "0.5" });
        Assert.Equal(["kind"], With("full", "b").Select(static v => v.Name));
        Assert.Equal(["kind", "scale"], With("lora", "a").Select(static v => v.Name));
        Assert.Equal(["kind", "scale", "deep"], With("dora", "b").Select(static v => v.Name));
        Assert.Throws<ArgumentException>(() => new SearchSpace([new RangeParameter("x", 0, 1) { When = new("y", ["a"]) }, new ChoiceParameter("y", ["a", "b"]) { When = new("x", ["1"]) }]));
    }

    [Fact]
    public void Another_recipe_is_another_study()
    {
        var mine = new StudyIdentity("s", "model: a\nrank: 8\n");
        mine.Require(mine.Text, "here");
        var said = Assert.Throws<Attune.Problems.UserErrorException>(() => mine.Require("model: a\nrank: 4\n", "study.db")).Message;
        Assert.Contains("rank: 4", said, StringComparison.Ordinal);
        Assert.Contains("rank: 8", said, StringComparison.Ordinal);
        Assert.NotEqual(mine.Hash, new StudyIdentity("s", "x").Hash);
    }
}
