using Attune.Data;

namespace Attune.Tests.Data;

public class RowSubsetTests
{
    private static List<Example> Rows(int groups, int each) =>
        [.. Enumerable.Range(0, groups * each).Select(i => new Example([i, i + 1], [false, true], "t.jsonl", i + 1, (ulong)(i / each * 7919)))];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Parts_are_nested_hold_whole_groups_and_have_about_their_size(int each)
    {
        var rows = Rows(240, each);
        IReadOnlyList<Example> smaller = [];
        foreach (var fraction in (double[])[0.125, 0.25, 0.5, 0.9])
        {
            var part = RowSubset.Take(rows, fraction, 3);
            Assert.InRange(part.Count, rows.Count * fraction - each, rows.Count * fraction + each);
            Assert.All(smaller, e => Assert.Contains(e, part));
            Assert.All(part.GroupBy(static e => e.Group), g => Assert.Equal(each, g.Count()));
            Assert.Equal(part.OrderBy(static e => e.Row), part);
            smaller = part;
        }
        Assert.Equal(rows, RowSubset.Take(rows, 1, 3));
        Assert.Empty(RowSubset.Take(rows, 0, 3));
    }

    [Fact]
    public void The_seed_draws_and_the_order_of_the_file_does_not()
    {
        var rows = Rows(200, 1);
        static int[] Taken(IEnumerable<Example> rows, ulong seed) => [.. RowSubset.Take([.. rows], 0.5, seed).Select(static e => e.Row).Order()];
        Assert.Equal(Taken(rows, 1), Taken(rows.AsEnumerable().Reverse(), 1));
        Assert.NotEqual(Taken(rows, 1), Taken(rows, 2));
    }

    [Fact]
    public void It_is_not_what_was_next_to_be_held_out()
    {
        // By the splitter's own order a part would begin with the groups that just missed validation.
        var (train, _) = Splitter.Split(Rows(400, 1), new SplitOptions { Fraction = 0.1, Seed = 3 });
        var (_, next) = Splitter.Split(train, new SplitOptions { Fraction = 0.25, Seed = 3 });
        Assert.NotEqual(next, RowSubset.Take(train, 0.25, 3));
    }
}
