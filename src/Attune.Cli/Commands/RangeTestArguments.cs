using System.CommandLine;
using System.Globalization;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs;
using Spectre.Console;

namespace Attune.Cli.Commands;

/// <summary>
/// <c>attune search --range-test</c>: one run that asks which learning rate to take. It is a flag of the search because it answers the search's question,
/// at the price of one short trial; <c>train</c> promises a model at the end.
/// </summary>
internal sealed class RangeTestArguments
{
    private readonly Option<bool> test = new("--range-test") { Description = "A learning-rate range test in place of a search: the rate grows every step, the loss says which to take." };
    // Texts, as flags of a recipe are: a type of their own for two numbers would be compiled at every start.
    private readonly Option<string[]> range = new("--range") { Description = "With --range-test: the first and the last rate. auto: a hundredth to a hundred times of what train would choose.", HelpName = "from to", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string> steps = new("--range-steps") { Description = "With --range-test: its steps. auto: 100.", HelpName = "n" };

    public void AddTo(Command command)
    {
        command.Options.Add(test);
        command.Options.Add(range);
        command.Options.Add(steps);
    }

    /// <summary>Whether it is asked for.</summary>
    /// <param name="c">The call.</param>
    /// <param name="others">Flags of the call that concern a search alone.</param>
    /// <exception cref="UserErrorException">What belongs to one of both is given with the other.</exception>
    public bool IsWished(CommandContext c, IReadOnlyList<string> others)
    {
        if (!c.Get(test) && (c.Get(range) is { Length: > 0 } || c.Get(steps) is not null))
            throw new UserErrorException(c.Get(steps) is null ? "--range" : "--range-steps", "means something with --range-test only", "add --range-test, or leave it out");
        if (c.Get(test) && others.Count > 0)
            throw new UserErrorException(others[0], "means nothing to --range-test, which is one run", "leave out one of them");
        return c.Get(test);
    }

    public int Run(CommandContext c, Recipe recipe)
    {
        double[] ends = [.. (c.Get(range) ?? []).Select(static text => Number("--range", text))];
        if (ends.Length is not (0 or 2))
            throw new UserErrorException("--range", FormattableString.Invariant($"expected two rates, {ends.Length} were given"), "write --range 1e-6 1e-1");
        var wished = c.Get(steps) is { } given ? Number("--range-steps", given) : new RangeTestOptions().Steps;
        var options = new RangeTestOptions
        {
            Steps = (int)Shared.Within("--range-steps", Math.Floor(wished), 20, 10_000, "20 to 10000 steps"),
            From = ends.Length == 0 ? null : ends[0],
            To = ends.Length == 0 ? null : ends[1],
        };
        Progress? progress = null;
        RangeTestReport report;
        try
        {
            report = RangeTestRun.Execute(recipe, options, SearchRun.FolderOf(recipe), RunSetup.BackendOf(recipe), notice =>
            {
                if (notice is NoticeProgress p)
                    (progress ??= c.Output.Begin(p.Stage, p.Total, "steps", 0)).Report(p.Done, p.Detail);
            }, c.Stop);
        }
        finally
        {
            progress?.Dispose();
        }
        c.Output.Result(
            json =>
            {
                json.WriteStartObject();
                report.WriteBody(json);
                json.WriteEndObject();
            },
            console => Show(console, report));
        return ExitCode.Done;
    }

    private static double Number(string option, string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw new UserErrorException($"{option} {text}", "expected a number");

    private static void Show(IAnsiConsole console, RangeTestReport report)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var (i, column) in RangeTestReport.Columns.Index())
            table.AddColumn(i < 3 ? new TableColumn(Markup.Escape(column)).RightAligned() : new TableColumn(Markup.Escape(column)));
        foreach (var row in report.Rows)
            table.AddRow([.. row.Select(static cell => Markup.Escape(cell))]);
        console.Write(table);
        var plain = console.Plain();
        plain.WriteLine(report.Sentence);
        plain.WriteLine(report.Page);
    }
}
