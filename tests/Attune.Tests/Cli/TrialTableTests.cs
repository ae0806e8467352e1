using Attune.Cli;
using Spectre.Console;

namespace Attune.Tests.Cli;

/// <summary>The best trials of a study on terminals of several widths.</summary>
public class TrialTableTests
{
    private static readonly string[] Columns = ["trial", "validation loss", "train.learning_rate", "method.kind", "method.rank", "method.dropout", "method.lora_plus", "train.schedule", "train.warmup", "train.weight_decay", ""];

    private static readonly string[][] Rows =
    [
        ["7", "0.6802", "0.0032", "lora", "32", "0.1234", "1.087", "cosine", "0.05", "0", "best"],
        ["12", "0.7011", "0.01234", "dora", "16", "0.0123", "–", "linear", "0.2", "0", ""],
        ["3", "0.9456", "0.0008461", "dora", "4", "0.2345", "–", "constant", "0", "0", ""],
        ["0", "1.2345", "0.0032", "lora", "32", "0", "1", "cosine", "0.05", "0", "the recipe itself"],
        ["5", "–", "0.0008461", "dora", "8", "0.2", "–", "constant", "0", "0", "ended early, at validation 1"],
    ];

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(140)]
    public void No_line_is_wider_than_the_terminal_and_no_value_is_cut(int width)
    {
        var text = Write(width, Rows);
        Assert.All(text.Split('\n'), l => Assert.True(l.TrimEnd().Length <= width, l));
        Assert.DoesNotContain("…", text, StringComparison.Ordinal);
        foreach (var name in Columns.Take(10))
            Assert.Contains(name, text, StringComparison.Ordinal);
        foreach (var value in Rows.Take(width < 80 ? 2 : 4).SelectMany(static r => r.Take(10)))
            Assert.Contains(value, text, StringComparison.Ordinal);
    }

    /// <summary>At every width, some of which fit to the character.</summary>
    [Fact]
    public void No_name_is_broken() => Assert.All(Enumerable.Range(60, 100), static width =>
    {
        var text = Write(width, Rows);
        Assert.All(Columns.Take(9).Skip(2), name => Assert.Contains(name, text, StringComparison.Ordinal));
    });

    [Fact]
    public void Words_of_a_remark_are_not_broken() =>
        Assert.Equal(2, Write(80, Rows).Split('\n').Count(static l => l.Contains("validation", StringComparison.Ordinal)));

    [Fact]
    public void A_wide_terminal_has_a_row_a_trial() =>
        Assert.Contains(Write(200, Rows).Split('\n'), static l => l.Contains("0.6802", StringComparison.Ordinal) && l.Contains("cosine", StringComparison.Ordinal) && l.Contains("best", StringComparison.Ordinal));

    [Fact]
    public void What_is_the_same_in_all_stands_below() => Assert.Contains("The same in all of these: train.weight_decay 0", Write(80, Rows), StringComparison.Ordinal);

    [Fact]
    public void One_trial_has_all_its_values() => Assert.Contains("train.weight_decay", Write(80, Rows[..1]), StringComparison.Ordinal);

    private static string Write(int width, IReadOnlyList<string>[] rows)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = width;
        TrialTable.Write(console, Columns, rows);
        return writer.ToString();
    }
}
