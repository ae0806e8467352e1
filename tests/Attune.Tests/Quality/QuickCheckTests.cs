using Attune.Data;
using Attune.Quality;
using Attune.Reports;

namespace Attune.Tests.Quality;

public class QuickCheckTests
{
    private static Example Row(int number, int[] prompt, int[] answer, ulong group) =>
        new([.. prompt, .. answer], [.. prompt.Select(static _ => false), .. answer.Select(static _ => true)], "a.jsonl", number, group);

    [Fact]
    public void Repetitions_contradictions_and_test_rows_that_were_trained_on_are_counted()
    {
        Example[] train = [Row(1, [1, 2, 3], [4], 1), Row(2, [1, 2, 3], [4], 1), Row(3, [1, 2, 3], [5], 1), Row(4, [1, 7], [4], 2), Row(5, [1, 8], [4], 3)];
        Example[] test = [Row(1, [1, 7], [4], 2), Row(2, [1, 9], [4], 3), Row(3, [1, 6], [4], 4)];
        var check = QuickCheck.Of(train, test);
        Assert.Equal((5, 1, 3, 3, 1, 2), (check.Rows, check.Duplicates, check.Conflicts, check.TestRows, check.TestCopies, check.TestPrompts));
        Assert.Equal("a.jsonl, row 1, is a.jsonl, row 4", check.FirstCopy);
    }

    [Fact]
    public void Running_text_contradicts_nothing()
    {
        Example[] train = [new([1, 2, 3], [false, true, true], "t", 1, 1), new([1, 4, 5], [false, true, true], "t", 2, 2)];
        Assert.Equal(0, QuickCheck.Of(train, []).Conflicts);
    }

    [Fact]
    public void The_report_warns_of_a_single_test_row_and_of_a_share_of_the_others()
    {
        static IReadOnlyList<Finding> Of(int duplicates, int conflicts, int prompts) => Findings.Of(new RunRecord
        {
            Title = "t",
            Rows = new QuickCheck { Rows = 100, Duplicates = duplicates, Conflicts = conflicts, TestRows = 10, TestCopies = 0, TestPrompts = prompts },
        });
        Assert.Contains(Of(0, 0, 1), static f => f.Tone == FindingTone.Warning && f.Title.StartsWith("1 of 10 test rows", StringComparison.Ordinal));
        Assert.Contains(Of(0, 2, 0), static f => f.Title.StartsWith("2 % of the training rows contradict", StringComparison.Ordinal));
        Assert.Contains(Of(6, 0, 0), static f => f.Title.StartsWith("6 % of the training rows stand", StringComparison.Ordinal));
        Assert.DoesNotContain(Of(5, 1, 0), static f => f.Title.Contains("training rows", StringComparison.Ordinal));
    }
}
