using System.CommandLine;
using System.Text;
using System.Text.Json;
using Attune.Evaluation;
using Attune.Evaluation.Metrics;
using Attune.Formats;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs;
using Spectre.Console;

namespace Attune.Cli.Commands;

/// <summary><c>attune eval</c>: measures a model on rows, alone, beside its base, or beside another model on the same rows.</summary>
internal sealed class EvalCommand
{
    private readonly ModelArguments model = new();

    private readonly Option<string[]> data = new("--data", "-d") { Description = "Files of rows; with --suite truth the folder of its data sets.", HelpName = "file", AllowMultipleArgumentsPerToken = true };

    private readonly Option<string[]> suites = new("--suite")
    {
        Description = "Suites instead of rows: truth (what a model makes up, on public data sets), or files of your own.",
        HelpName = "name",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> columns = Shared.Columns();

    private readonly Option<bool> alone = new("--base") { Description = "Compare with the model without its adapter." };

    private readonly Option<string?> against = new("--against") { Description = "Compare with another model, or another adapter, on the same rows.", HelpName = "folder" };

    private readonly Option<string?> againstAdapter = new("--against-adapter") { Description = "An adapter for the model of --against.", HelpName = "folder" };

    private readonly Option<string[]> metrics = new("--metrics")
    {
        Description = $"What is measured: {MetricTable.Forms}. auto: by the form of the expected answers.",
        HelpName = "name",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int> rows = new("--rows") { Description = "Rows that are answered. 0: only losses. With --suite: most rows of every task.", HelpName = "n", DefaultValueFactory = _ => 100 };

    private readonly Option<int?> most = new("--max-new-tokens") { Description = RecipeKeys.Find("eval.max_new_tokens")!.Help, HelpName = "n" };

    private readonly Option<string> general = new("--general")
    {
        Description = "General text for measuring what was forgotten: a file, none, or auto for the text that comes with Attune.",
        HelpName = "file",
        DefaultValueFactory = _ => "auto",
    };

    private readonly Option<int> samples = new("--samples") { Description = "Answers that the report shows.", HelpName = "n", DefaultValueFactory = _ => 20 };

    private readonly Option<string[]> probe = new("--probe")
    {
        Description = "Training rows of the model: whether it continues them word for word from their first half, beside the rows of --data.",
        HelpName = "file",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int> probed = new("--probe-rows") { Description = "Rows of --probe that are continued, spread over the file; those that recur are looked at too.", HelpName = "n", DefaultValueFactory = _ => 32 };

    private readonly Option<string?> report = new("--out") { Description = "Writes report.html, report.md and report.json into a folder.", HelpName = "folder" };

    private readonly Option<string?> answers = new("--answers") { Description = "Writes every question with its answers to a file.", HelpName = "file.jsonl" };

    public static Command Create(CommandHost host) => host.Command("eval", "Measures a model on rows, alone or beside another on the same rows.", command =>
    {
        var self = new EvalCommand();
        Option[] own = [self.data, self.suites, self.columns, self.alone, self.against, self.againstAdapter, self.metrics, self.rows, self.most, self.general, self.samples, self.probe, self.probed, self.report, self.answers];
        foreach (var option in own)
            command.Options.Add(option);
        host.Bind(self.model.AddTo(command), self.Run);
    });

    private int Run(CommandContext c)
    {
        var wish = c.Get(suites) is { Length: > 0 } ? Wish(c) : null;
        var options = wish is null ? Options(c) : null;
        RequireOnePair(c);
        var to = OutputPaths.File("--answers", c.Get(answers), [.. (options?.Data ?? []).Concat(options?.Trained ?? []).Select(static s => s.File)]);
        OutputPaths.Folder("--out", c.Get(report));
        using var loaded = model.Open(c);
        using var rival = Rival(c, loaded);
        using var view = new RunView(c.Output);
        var side = new EvalSide(loaded, loaded.Adapters, loaded.Context.Name);
        var other = rival is not null ? new EvalSide(rival, rival.Adapters, rival.Context.Name)
            : c.Get(alone) ? new EvalSide(loaded, null, "the base")
            : null;
        if (other?.Name == side.Name)
            other = other with { Name = $"{other.Name} (compared)" };
        if (wish is not null)
            return Show(c, view, SuiteRun.Execute(side, other, wish, view.Show, c.Stop));
        var result = EvalRun.Execute(side, other, options!, view.Show, c.Stop);
        if (to is not null)
            AtomicFile.WriteText(to, AnswerLines(result));
        var written = c.Get(report) is { } folder ? ReportFiles.Write(folder, result.Record) : [];
        view.Dispose();
        c.Output.Result(json => Write(json, result), console => Show(console, result.Record, written));
        return ExitCode.Done;
    }

    private SuiteWish Wish(CommandContext c)
    {
        Option[] others = [columns, metrics, answers, general, most, samples];
        if (others.FirstOrDefault(c.IsGiven) is { } other)
            throw new UserErrorException(other.Name, "has no meaning with --suite: the suite says what is asked and how it is judged", "leave it out");
        var folders = c.Get(data) ?? [];
        if (folders.Length > 1)
            throw new UserErrorException("--data", "is one folder with --suite", "name the folder that holds the data sets");
        return new SuiteWish(
            SuiteNames.Read("--suite", c.Get(suites)!), folders is [var folder] ? Shared.RequireFolder("--data", folder) : null,
            c.IsGiven(rows) ? Shared.Within("--rows", c.Get(rows), 1, 1_000_000, "with --suite a whole number from 1") : null);
    }

    private int Show(CommandContext c, RunView view, RunRecord record)
    {
        var written = c.Get(report) is { } folder ? ReportFiles.Write(folder, record) : [];
        view.Dispose();
        c.Output.Result(json =>
        {
            json.WriteStartObject();
            JsonReport.WriteBody(json, record);
            json.WriteEndObject();
        }, console => Show(console, record, written));
        return ExitCode.Done;
    }

    private EvalOptions Options(CommandContext c) => new()
    {
        Data = c.Get(data) is { Length: > 0 } files ? SourceKinds.Read("--data", files) : throw new UserErrorException("--data", "is missing: what is the model measured on?", "give files of rows (--data FILE), or a suite (--suite truth)"),
        Columns = ColumnPairs.Read("--columns", c.Get(columns) ?? []),
        Metrics = MetricNames.Read("--metrics", c.Get(metrics) ?? []),
        Rows = Shared.Within("--rows", c.Get(rows), 0, int.MaxValue, "a whole number from 0"),
        Samples = Shared.Within("--samples", c.Get(samples), 0, 1000, "a whole number from 0 to 1000"),
        MaxNewTokens = c.Get(most) is { } n ? Shared.Within("--max-new-tokens", n, 1, 1 << 20, "a whole number from 1") : null,
        Trained = c.Get(probe) is { Length: > 0 } trained ? SourceKinds.Read("--probe", trained) : [],
        Probed = Shared.Within("--probe-rows", c.Get(probed), 1, 10_000, "a whole number from 1 to 10000"),
        General = c.Get(general) is "auto" ? null : c.Get(general),
    };

    private void RequireOnePair(CommandContext c)
    {
        if (c.Get(alone) && c.Get(against) is not null)
            throw new UserErrorException("--base", "compares with the model itself, and --against with another", "give one of the two");
        if (c.Get(againstAdapter) is not null && c.Get(against) is null)
            throw new UserErrorException("--against-adapter", "is an adapter for the model of --against, which is not given", "give --against with the adapter's base model");
    }

    private InferenceModel? Rival(CommandContext c, InferenceModel loaded)
    {
        if (c.Get(alone) && loaded.Adapters is null)
            throw new UserErrorException("--base", "compares a model with an adapter to the same without, and no adapter is given", "give --adapter, or compare with another model (--against)");
        if (c.Get(against) is not { } path)
            return null;
        var adapter = c.Get(againstAdapter) is { } given ? Shared.RequireFolder("--against-adapter", given) : null;
        return InferenceModel.Open(Shared.RequireModel("--against", path), adapter, c.Get(model.Template), loaded.Backend);
    }

    private static void Write(Utf8JsonWriter json, EvalResult result)
    {
        json.WriteStartObject();
        json.WriteNumber("rows", result.Rows.Test.Count);
        json.WriteNumber("tokens", result.Rows.Test.Sum(static e => (long)e.TrainedTokens));
        JsonReport.WriteBody(json, result.Record);
        json.WriteEndObject();
    }

    private static void Show(IAnsiConsole console, RunRecord record, IReadOnlyList<string> written)
    {
        console.Write(RunView.MetricsTable(record));
        RunView.ShowFindings(console, record);
        foreach (var path in written)
            console.Plain().WriteLine(path);
    }

    private static string AnswerLines(EvalResult result)
    {
        var text = new StringBuilder();
        for (var i = 0; i < result.Rows.Asked.Questions.Count; i++)
        {
            var question = result.Rows.Asked.Questions[i];
            text.Append(ConsoleOutput.OneLineOf(json =>
            {
                json.WriteStartObject();
                json.WriteString("prompt", question.PromptText);
                json.WriteString("expected", question.Expected);
                if (result.Against is { } before)
                    Side("against_", before.Answers[i]);
                Side("", result.Model.Answers[i]);
                json.WriteEndObject();

                void Side(string prefix, Answer answer)
                {
                    json.WriteString(prefix + "answer", answer.Text);
                    if (result.Rows.Asked.IsRight(i, answer) is { } right)
                        json.WriteBoolean(prefix + "right", right);
                    json.WriteBoolean(prefix + "stopped", answer.Stopped);
                }
            })).Append('\n');
        }
        return text.ToString();
    }
}
