using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Attune.Distillation;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs;
using Spectre.Console;

namespace Attune.Cli.Commands;

/// <summary><c>attune distill generate</c>: a teacher answers the prompts of a data set, and the answers become rows to train on.</summary>
internal sealed class DistillGenerateCommand
{
    private readonly ModelArguments model = new();
    private readonly SamplingArguments sampling = new();

    private readonly Option<string[]> data = new("--data", "-d") { Description = "Files of rows whose last answer is asked for again.", HelpName = "file", AllowMultipleArgumentsPerToken = true };

    private readonly Option<string[]> columns = Shared.Columns();

    private readonly Option<string> prompts = new("--prompts") { Description = "A file of prompts without answers, instead of --data: one a line, or in .jsonl one JSON string or {\"prompt\": …} a line.", HelpName = "file" };

    private readonly Option<int?> rows = new("--rows") { Description = "Ask so many rows, spread evenly over all.", HelpName = "n" };

    private readonly Option<string> output = new("--out", "-o") { Description = "File of rows to train on; every answer, kept or not, stands beside it in ….answers.jsonl.", HelpName = "file.jsonl", Required = true };

    private readonly Option<int> samples = new("--samples") { Description = "Answers to each row; more than one needs --temperature.", HelpName = "n", DefaultValueFactory = _ => 1 };

    private readonly ServerArguments server = new();

    private readonly Option<string?> agree = new("--agree") { Description = "Keep answers that are right by a metric, given the row's own: exact, first-line, regex:pattern, numeric …", HelpName = "metric" };

    private readonly Option<string?> majority = new("--majority") { Description = "Keep answers that more than half of their row's answers agree with, by a metric (self-consistency).", HelpName = "metric" };

    private readonly Option<int> shortest = new("--min-chars") { Description = "Drop shorter answers.", HelpName = "n", DefaultValueFactory = _ => 1 };

    private readonly Option<int?> longest = new("--max-chars") { Description = "Drop longer answers.", HelpName = "n" };

    private readonly Option<bool> unfinished = new("--keep-unfinished") { Description = "Keep answers that were cut off at --max-new-tokens." };

    public static Command Create(CommandHost host)
    {
        var self = new DistillGenerateCommand();
        // A server's model is not a folder.
        self.model.Model.Required = false;
        var command = self.model.AddTo(new Command("generate", "Has a teacher answer the prompts of a data set, and writes its answers as rows to train on; goes on where it was stopped."));
        self.server.AddTo(command);
        self.sampling.AddTo(command);
        foreach (var option in (Option[])[self.data, self.columns, self.prompts, self.rows, self.output, self.samples, self.agree, self.majority, self.shortest, self.longest, self.unfinished])
            command.Options.Add(option);
        return host.Bind(command, self.Run);
    }

    private int Run(CommandContext c)
    {
        var (asked, filter) = (Rows(c), Filter(c));
        var count = Shared.Within("--samples", c.Get(samples), 1, 1000, "a whole number from 1 to 1000");
        AnswerResult result;
        if (server.IsGiven(c))
        {
            using var client = server.Open(c, model);
            var request = sampling.ReadRequest(c);
            RequireDraws(count, request.Temperature ?? 0);
            result = Ask(c, asked, server.Teacher(c, client, request, count), filter);
        }
        else
        {
            if (c.Get(model.Model) is null)
                throw new UserErrorException("distill generate", "expected a teacher", "give --model with a folder, or --server with an address and --server-model");
            server.RequireAbsent(c);
            using var loaded = model.Open(c);
            var options = sampling.Read(c, loaded.Context.Generation, loaded.Context.StopIds);
            RequireDraws(count, options.Sampling.Temperature);
            result = Ask(c, asked, new LocalTeacher(loaded, options, count), filter);
        }
        c.Output.Result(json => Write(json, result), console => Show(console, result));
        return ExitCode.Done;
    }

    private AnswerResult Ask(CommandContext c, IReadOnlyList<PromptRow> asked, IAnswerTeacher teacher, FilterOptions filter)
    {
        Progress? progress = null;
        try
        {
            return AnswerRun.ExecuteAsync(asked, teacher, filter, c.Get(output)!, Report, c.Stop).GetAwaiter().GetResult();
        }
        finally
        {
            progress?.Dispose();
        }

        void Report(int done)
        {
            progress ??= c.Output.Begin($"{teacher.Name} answers", asked.Count, "rows", done);
            progress.Report(done);
        }
    }

    private IReadOnlyList<PromptRow> Rows(CommandContext c)
    {
        var (files, path) = (c.Get(data) ?? [], c.Get(prompts));
        if (files.Length > 0 == (path is not null))
            throw new UserErrorException("distill generate", "expected one of --data and --prompts", "give --data with rows, or --prompts with a file of prompts");
        var all = path is null
            ? PromptRow.Read(SourceKinds.Read("--data", files), ColumnPairs.Read("--columns", c.Get(columns) ?? []), c.Output.Warn)
            : [.. Shared.ReadPrompts(path).Select(p => PromptRow.Of(Path.GetFileName(path), p.Row, p.Text))];
        return c.Get(rows) is { } most ? [.. Evaluation.Question.Spread(all, Shared.Within("--rows", most, 1, int.MaxValue, "a whole number from 1"))] : all;
    }

    private FilterOptions Filter(CommandContext c)
    {
        if (c.Get(agree) is not null && c.Get(prompts) is not null)
            throw new UserErrorException("--agree", "holds answers against the rows' own, and prompts have none", "give --data, or --majority instead");
        return new FilterOptions
        {
            KeepUnfinished = c.Get(unfinished),
            MinLength = Shared.Within("--min-chars", c.Get(shortest), 1, int.MaxValue, "a whole number from 1"),
            MaxLength = c.Get(longest) is { } most ? Shared.Within("--max-chars", most, c.Get(shortest), int.MaxValue, "a whole number, not below --min-chars") : null,
            Agrees = Shared.Judge("--agree", c.Get(agree)),
            Majority = Shared.Judge("--majority", c.Get(majority)),
        };
    }

    private static void RequireDraws(int count, float temperature)
    {
        if (count > 1 && temperature == 0)
            throw new UserErrorException($"--samples {count}", "the most probable token is always taken, so that all answers of a row would be the same", "give --temperature, such as 0.8");
    }

    private static void Write(Utf8JsonWriter json, AnswerResult r)
    {
        json.WriteStartObject();
        json.WriteString("output", r.Output);
        json.WriteString("log", r.Log);
        foreach (var (name, value) in new (string, long)[]
        {
            ("rows", r.Rows), ("rows_answered", r.Answered), ("rows_refused", r.Refused), ("rows_kept", r.RowsKept), ("answers", r.Answers), ("answers_kept", r.Kept), ("tokens", r.Tokens),
        })
        {
            json.WriteNumber(name, value);
        }
        json.WriteStartObject("dropped");
        foreach (var (reason, count) in r.Dropped)
            json.WriteNumber(reason, count);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Show(IAnsiConsole console, AnswerResult r)
    {
        var text = console.Plain();
        text.WriteLine($"{Numbers.Count(r.Answers)} answers to {Numbers.Count(r.Answered)} rows" + (r.Tokens > 0 ? $", {Numbers.Count(r.Tokens)} tokens" : ""));
        if (r.Refused > 0)
            text.WriteLine($"  {Numbers.Count(r.Refused)} rows could not be answered: why stands in {r.Log}");
        foreach (var (reason, count) in r.Dropped)
            text.WriteLine($"  {Numbers.Count(count)} dropped: {reason}");
        text.WriteLine($"{Numbers.Count(r.Kept)} kept, of {Numbers.Count(r.RowsKept)} rows: {r.Output}");
        text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"train on them:\n  attune train --model STUDENT --data {ShellWord.Of(r.Output)}"));
    }
}
