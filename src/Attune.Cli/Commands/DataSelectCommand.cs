using System.CommandLine;
using System.Globalization;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs;
using Attune.Selection;
using Spectre.Console;

namespace Attune.Cli.Commands;

/// <summary><c>attune data select</c>: keeps the rows of a file that are worth most, by what a model says of them.</summary>
internal sealed class DataSelectCommand
{
    private readonly ModelArguments model = new();

    private readonly Option<string> data = new("--data", "-d") { Description = "File of rows, as they would be trained on.", HelpName = "file", Required = true };

    private readonly Option<string[]> valid = new("--valid") { Description = "Files of rows that stand for what is wanted: --by less learns from them what helps. No row that asks what one of them asks is kept.", HelpName = "file", AllowMultipleArgumentsPerToken = true };

    private readonly Option<string[]> columns = Shared.Columns();

    private readonly Option<string> by = new("--by") { Description = $"What is kept: {string.Join("; ", SelectRun.Known.Select(static s => $"{s.Name}, {s.Summary}"))}.", HelpName = "selector", Required = true };

    private readonly Option<string> keep = new("--keep") { Description = "How much: 500 rows, 30% of them, or 20000t for as many as fit into so many tokens.", HelpName = "budget", Required = true };

    private readonly Option<string> per = new("--per") { Description = "What the budget is spread over, each with its share and at least one row: label, as the metric reads answers; label:PATTERN; a field of the rows; none, for all rows alike; auto: label where all answers are short and few are different.", HelpName = "what", DefaultValueFactory = _ => SelectOptions.PerDefault };

    private readonly Option<string> target = new("--out", "-o") { Description = "The file of kept rows; an account of them is written beside it.", HelpName = "file", Required = true };

    private readonly Option<string?> scores = new("--scores") { Description = "The file of what is measured: another budget reads it and measures nothing again. Left out: beside --out.", HelpName = "file.jsonl" };

    private readonly Option<string?> suspect = new("--suspect") { Description = "Leaves out such a share of the rows before others are chosen, of each label its share: those whose answers surprise a warmed-up model most, where wrong answers are. 30% where three in ten may be wrong. Left out: none.", HelpName = "share" };

    private readonly Option<SelectionEnd?> end = new("--end") { Description = "For perplexity and ifd, which end of the order is kept: low, middle or high. Left out: the middle of perplexity, the high end of ifd.", HelpName = "end" };

    private readonly Option<double?> apart = new("--apart") { Description = "For quality-diversity, the highest cosine of two kept rows. Left out: found in the data.", HelpName = "cosine" };

    private readonly Option<string?> warmUp = new("--warm-up") { Description = "Tunes small adapters on so many rows drawn by chance before the model is asked: 500, or 20%. Left out: none; for less a twentieth, and at least 256 rows; all rows with --suspect.", HelpName = "rows" };

    private readonly Option<double?> rate = new("--learning-rate") { Description = "Highest learning rate of the warm-up. Left out: the one that training would take.", HelpName = "rate" };

    private readonly Option<int> projection = new("--projection") { Description = "For less, numbers that a gradient is projected to.", HelpName = "n", DefaultValueFactory = _ => 1024 };

    private readonly Option<long> seed = new("--seed") { Description = "Seed of all that is drawn.", HelpName = "n", DefaultValueFactory = _ => 1 };

    public static Command Create(CommandHost host)
    {
        var self = new DataSelectCommand();
        var command = self.model.AddTo(new Command("select", "Keeps the rows of a file that are worth most, by what a model says of them; goes on where it was stopped."));
        foreach (var option in (Option[])[self.data, self.valid, self.columns, self.by, self.keep, self.per, self.suspect, self.target, self.scores, self.end, self.apart, self.warmUp, self.rate, self.projection, self.seed])
            command.Options.Add(option);
        return host.Bind(command, self.Run);
    }

    private int Run(CommandContext c)
    {
        var options = new SelectOptions
        {
            Data = c.Get(data)!,
            Valid = c.Get(valid) is { Length: > 0 } files ? SourceKinds.Read("--valid", files) : [],
            Columns = ColumnPairs.Read("--columns", c.Get(columns) ?? []),
            By = c.Get(by)!,
            Keep = c.Get(keep)!,
            Per = c.Get(per)!,
            Suspect = c.Get(suspect),
            Out = c.Get(target)!,
            Scores = c.Get(scores),
            End = c.Get(end),
            Apart = c.Get(apart) is { } cosine ? Shared.Within("--apart", cosine, -1, 1, "a cosine from -1 to 1") : null,
            WarmUp = c.Get(warmUp),
            LearningRate = c.Get(rate) is { } peak ? Shared.Within("--learning-rate", peak, 1e-9, 1, "a number above 0 and up to 1") : null,
            Projection = Shared.Within("--projection", c.Get(projection), 64, 65536, "a whole number from 64 to 65536"),
            Seed = Shared.Within("--seed", c.Get(seed), 0, int.MaxValue, "a whole number from 0"),
        };
        SelectRun.Require(options);
        using var loaded = model.Open(c);
        SelectResult result;
        using (var view = new RunView(c.Output))
            result = SelectRun.Execute(loaded, options, view.Show, c.Stop);
        c.Output.Result(
            json =>
            {
                json.WriteStartObject();
                json.WriteString("out", options.Out);
                json.WriteNumber("measured", result.Measured);
                json.WriteNumber("resumed", result.Resumed);
                json.WritePropertyName("account");
                result.Account.Write(json);
                json.WriteEndObject();
            },
            console => Show(console, options, result.Account));
        return ExitCode.Done;
    }

    private static void Show(IAnsiConsole console, SelectOptions options, SelectionAccount account)
    {
        var text = console.Plain();
        text.WriteLine($"{account.Sentence}: {Numbers.Count(account.KeptTokens)} of {Numbers.Count(account.Tokens)} tokens");
        if (account.TooLong > 0)
            text.WriteLine($"  {account.TooLong} rows are too long for the model");
        if (account.InValidation > 0)
            text.WriteLine($"  {account.InValidation} rows ask what a validation row asks, and are never kept");
        foreach (var note in account.Notes)
            text.WriteLine($"  {note}");
        if (account.ScoreName.Length > 0)
        {
            text.WriteLine($"{account.ScoreName}, from the lowest over a tenth, the half and nine tenths of the rows to the highest:");
            Show(text, "kept", account.KeptScores);
            Show(text, "dropped", account.DroppedScores);
            Show(text, "first in order", account.Best);
            Show(text, "last", account.Worst);
        }
        text.WriteLine($"{options.Out}\n{SelectionAccount.PathFor(options.Out)}");
    }

    private static void Show(TextWriter text, string what, ScoreSpread? spread)
    {
        if (spread is not null)
            text.WriteLine($"  {what,-8}{Figure(spread.Lowest)}{Figure(spread.Low)}{Figure(spread.Median)}{Figure(spread.High)}{Figure(spread.Highest)}");
    }

    private static void Show(TextWriter text, string what, IReadOnlyList<ShownRow> rows)
    {
        text.WriteLine($"{what}:");
        foreach (var row in rows)
            text.WriteLine($"  row {row.Row,-8}{Figure(row.Score)}  {row.Prompt} → {row.Answer}");
    }

    private static string Figure(double value) => (Math.Abs(value) is > 0 and < 0.001 or >= 100000 ? value.ToString("0.###e0", CultureInfo.InvariantCulture) : value.ToString("0.####", CultureInfo.InvariantCulture)).PadLeft(10);
}
