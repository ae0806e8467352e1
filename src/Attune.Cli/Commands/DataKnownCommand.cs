using System.CommandLine;
using Attune.Evaluation.Facts;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs;
using Spectre.Console;

namespace Attune.Cli.Commands;

/// <summary><c>attune data known</c>: which answers of a data set a model knows before it is tuned on them.</summary>
internal sealed class DataKnownCommand
{
    private readonly ModelArguments model = new();

    private readonly Option<string[]> data = new("--data", "-d") { Description = "Files of rows, as they will be trained on.", HelpName = "file", Required = true, AllowMultipleArgumentsPerToken = true };

    private readonly Option<string[]> columns = Shared.Columns();

    private readonly Option<string> target = new("--out") { Description = "The file that is written; where it exists, the work goes on behind its last row.", HelpName = "file.jsonl", DefaultValueFactory = _ => "known.jsonl" };

    private readonly Option<int> shots = new("--shots") { Description = "Rows that every prompt shows with their answers.", HelpName = "n", DefaultValueFactory = _ => 4 };

    private readonly Option<int?> prompts = new("--prompts") { Description = "Prompts for each row, with other rows in front. Left out: the paper's 10, or what the machine does in about ten minutes.", HelpName = "n" };

    private readonly Option<int?> samples = new("--samples") { Description = "Sampled answers for each prompt. Left out: the paper's 16, or what the machine does in about ten minutes.", HelpName = "n" };

    private readonly Option<string> match = new("--match") { Description = "The metric that calls an answer right: exact, exact:squad, first-line, label, numeric, regex:pattern.", HelpName = "metric", DefaultValueFactory = _ => "exact:squad" };

    private readonly Option<long> seed = new("--seed") { Description = "Seed of prompts and samples.", HelpName = "n", DefaultValueFactory = _ => 1 };

    public static Command Create(CommandHost host)
    {
        var self = new DataKnownCommand();
        var known = self.model.AddTo(new Command("known", "Asks a model the rows of a data set before it is tuned on them, and writes down how well it knows each answer.")
        {
            self.data, self.columns, self.target, self.shots, self.prompts, self.samples, self.match, self.seed,
        });
        return host.Bind(known, self.Run);
    }

    private int Run(CommandContext c)
    {
        var options = new KnownOptions
        {
            Data = SourceKinds.Read("--data", c.Get(data)!),
            Columns = ColumnPairs.Read("--columns", c.Get(columns) ?? []),
            Out = Path.GetFullPath(c.Get(target)!),
            Shots = Shared.Within("--shots", c.Get(shots), 0, 64, "a whole number from 0 to 64"),
            Prompts = c.Get(prompts) is { } p ? Shared.Within("--prompts", p, 1, 100, "a whole number from 1 to 100") : null,
            Samples = c.Get(samples) is { } s ? Shared.Within("--samples", s, 0, 1000, "a whole number from 0 to 1000") : null,
            Match = MetricNames.Read("--match", [c.Get(match)!])[0],
            Seed = Shared.Within("--seed", c.Get(seed), 0, int.MaxValue, "a whole number from 0"),
        };
        using var loaded = model.Open(c);
        KnownResult result;
        using (var view = new RunView(c.Output))
            result = KnownRun.Execute(loaded, options, view.Show, c.Stop);
        c.Output.Result(json =>
        {
            json.WriteStartObject();
            json.WriteString("out", options.Out);
            json.WriteNumber("prompts", result.Prompts);
            json.WriteNumber("samples", result.Samples);
            json.WriteNumber("resumed", result.Resumed);
            foreach (var category in Enum.GetValues<Known>())
                json.WriteNumber(category.ToString(), result.Counts[category]);
            json.WriteNumber("unknown_share", Math.Round(result.Counts.UnknownShare, 6));
            json.WriteEndObject();
        }, console =>
        {
            console.WriteLine($"{result.Counts}");
            console.WriteLine($"{Numbers.Percent(result.Counts.UnknownShare)} of the rows that ask something are unknown to the model ({result.Prompts} prompts, {result.Samples} samples each).");
            console.Plain().WriteLine($"{options.Out}\nTrain with it: attune train … --set {ShellWord.Of($"data.known={options.Out}")} --set data.unknown=drop");
        });
        return ExitCode.Done;
    }
}
