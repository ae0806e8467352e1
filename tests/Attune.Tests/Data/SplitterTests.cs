using Attune.Data;

namespace Attune.Tests.Data;

public class SplitterTests
{
    private static List<Example> Rows(int groups, int each) =>
        [.. Enumerable.Range(0, groups * each).Select(i => new Example([i, i + 1], [false, true], "t.jsonl", i + 1, (ulong)(i / each * 7919)))];

    [Fact]
    [Trait("SilentFailure", "17")]
    public void A_group_is_never_on_both_sides()
    {
        var (train, valid) = Splitter.Split(Rows(100, 3), new SplitOptions { Fraction = 0.2, Seed = 3 });
        Assert.Equal(60, valid.Count);
        Assert.Empty(train.Select(e => e.Group).Intersect(valid.Select(e => e.Group)));
        Assert.Equal(300, train.Concat(valid).Select(e => e.Row).Distinct().Count());
    }

    /// <summary>What was made of a row stands on the row's side or nowhere, and never among what is measured on.</summary>
    [Fact]
    [Trait("SilentFailure", "17")]
    public void Augmented_rows_never_cross_the_border()
    {
        var originals = Rows(100, 1);
        // Three children a row, one of them of two parents, and one that asks what another row asks.
        List<Example> made = [.. originals.SelectMany((e, i) => new[]
        {
            Child(e, 1000 + i, e.Group, 500_000 + e.Group),
            Child(e, 2000 + i, e.Group, originals[(i + 1) % 100].Group, 600_000 + e.Group),
            Child(e, 3000 + i, e.Group, originals[(i + 7) % 100].Group),
        })];
        var (train, valid) = Splitter.Split([.. originals, .. made], new SplitOptions { Fraction = 0.2, Seed = 3 });
        Assert.Equal(Splitter.Split(originals, new SplitOptions { Fraction = 0.2, Seed = 3 }).Validation, valid);
        Assert.Equal(20, valid.Count);
        var held = valid.Select(static e => e.Group).ToHashSet();
        Assert.Equal(80 + made.Count(e => !e.Kin.Any(held.Contains)), train.Count);
        Assert.DoesNotContain(train, e => held.Contains(e.Group) || e.Kin.Any(held.Contains));
        Assert.Contains(train, static e => e.IsAugmented);

        static Example Child(Example parent, int row, params ulong[] kin) => parent with { Row = row, Group = kin[0], Kin = kin };
    }

    [Fact]
    public void The_choice_depends_on_contents_and_seed_and_not_on_order()
    {
        var rows = Rows(200, 1);
        var backwards = rows.AsEnumerable().Reverse().ToList();
        Assert.Equal(Chosen(rows, 1), Chosen(backwards, 1));
        Assert.NotEqual(Chosen(rows, 1), Chosen(rows, 2));

        static List<int> Chosen(List<Example> rows, ulong seed) => [.. Splitter.Split(rows, new SplitOptions { Seed = seed }).Validation.Select(e => e.Row).Order()];
    }

    [Theory]
    [InlineData(1000, null, 100)]
    [InlineData(100, null, 16)]
    [InlineData(10000, null, 256)]
    [InlineData(20, null, 5)]
    [InlineData(3, null, 0)]
    [InlineData(1000, 0.0, 0)]
    [InlineData(600, 0.5, 300)]
    [InlineData(600, 0.01, 6)]
    [InlineData(10000, 0.1, 1000)]
    [InlineData(5, 0.01, 1)]
    [InlineData(2, 0.99, 1)]
    [InlineData(1, 0.5, 0)]
    public void The_size_is_the_fraction_where_one_is_given_and_else_within_bounds(int rows, double? fraction, int expected) =>
        Assert.Equal(expected, Splitter.Split(Rows(rows, 1), new SplitOptions { Fraction = fraction }).Validation.Count);

    [Fact]
    public void Where_a_fraction_is_given_one_group_is_held_out_at_least()
    {
        var (train, valid) = Splitter.Split([.. Rows(3, 5), .. Rows(1, 3).Select(static e => e with { Row = e.Row + 100, Group = 7 })], new SplitOptions { Fraction = 0.05 });
        Assert.Equal((15, 3), (train.Count, valid.Count));
        Assert.Empty(Splitter.Split(Rows(1, 9), new SplitOptions { Fraction = 0.5 }).Validation);
    }

    [Fact]
    public void A_group_larger_than_the_part_stays_in_training()
    {
        var (train, valid) = Splitter.Split(Rows(1, 40), new SplitOptions());
        Assert.Empty(valid);
        Assert.Equal(40, train.Count);
    }
}
