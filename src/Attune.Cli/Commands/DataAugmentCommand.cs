using System.CommandLine;
using System.Text.Json;
using Attune.Augmentation;
using Attune.Models;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs;
using Spectre.Console;

namespace Attune.Cli.Commands;

/// <summary><c>attune data augment</c>: makes rows of others, by rules or by a model, each of which names its parents.</summary>
internal sealed class DataAugmentCommand
{
    // A class that is to be filled up takes more of each row than a data set that is to be doubled.
    private const int UsualTimes = 1, UsualTimesBalanced = 10;
    private const double UsualTemperature = 0.7;

    private readonly ModelArguments model = new();
    private readonly SamplingArguments sampling = new();
    private readonly ServerArguments server = new();

    private readonly Option<string[]> data = new("--data", "-d") { Description = "Files of rows; rows in them that were made before are not made more of, and not made again.", HelpName = "file", Required = true, AllowMultipleArgumentsPerToken = true };
    private readonly Option<string[]> columns = Shared.Columns();
    private readonly Option<string[]> by = new("--by") { Description = $"How, several in turn: {string.Join("; ", Augmenters.Table.Select(static a => $"{a.Name} ({a.Summary})"))}.", HelpName = "name,name", Required = true, AllowMultipleArgumentsPerToken = true };
    private readonly Option<string> output = new("--out", "-o") { Description = "File of the new rows alone, to train on beside the others.", HelpName = "file.jsonl", Required = true };
    private readonly Option<int?> times = new("--times") { Description = $"New rows of each row ({UsualTimes}); with --balance at the most ({UsualTimesBalanced}).", HelpName = "n" };
    private readonly Option<double> alpha = new("--alpha") { Description = "The part of a prompt's words that synonyms, swaps, deletions and typos change (0.1).", HelpName = "part", DefaultValueFactory = _ => 0.1 };
    private readonly Option<string?> balance = new("--balance") { Description = "Give rare classes more rows: a field of the rows, or label, or label:PATTERN for the label in the answer.", HelpName = "field" };
    private readonly Option<int?> target = new("--target") { Description = "Rows that --balance brings each class to; left out, as many as the largest has.", HelpName = "n" };
    private readonly Option<string> via = new("--via") { Description = "Where back-and-forth goes: a language, or summary (German).", HelpName = "language", DefaultValueFactory = _ => "German" };
    private readonly Option<int> shown = new("--shown") { Description = "Rows that self-instruct shows (4).", HelpName = "n", DefaultValueFactory = _ => 4 };
    private readonly Option<string?> check = new("--check") { Description = "Keep a row only if the model's own answer to its prompt agrees with the row's by a metric: label, label:PATTERN, exact, first-line …", HelpName = "metric" };
    private readonly Option<int> checkShown = new("--check-shown") { Description = "Rows that the model is shown before it answers a new prompt; none for one that is tuned on the task.", HelpName = "n", DefaultValueFactory = _ => 0 };

    public static Command Create(CommandHost host)
    {
        var self = new DataAugmentCommand();
        self.model.Model.Required = false;
        var command = new Command("augment", "Makes rows of others, by rules or by a model: more of them, or more of rare classes. Each names its parents, and training never lets them stand on two sides of the validation border.");
        foreach (var option in (Option[])[self.data, self.columns, self.by, self.output, self.times, self.alpha, self.balance, self.target, self.via, self.shown, self.check, self.checkShown])
            command.Options.Add(option);
        self.model.AddTo(command);
        self.server.AddTo(command);
        self.sampling.AddTo(command);
        return host.Bind(command, self.Run);
    }

    private int Run(CommandContext c)
    {
        var options = Read(c);
        var result = options.Check is null && !options.By.Any(static a => a.NeedsModel) ? Make(c, options, null) : Written(c, options);
        c.Output.Result(json => Write(json, result), console => Show(console, options, result));
        return ExitCode.Done;
    }

    private AugmentOptions Read(CommandContext c)
    {
        var ways = Augmenters.Parse("--by", c.Get(by)!);
        var judge = Shared.Judge("--check", c.Get(check));
        var balanced = c.Get(balance) is not null;
        foreach (var (option, used, needs) in new (Option, bool, string)[]
        {
            (target, balanced, "--balance"), (checkShown, judge is not null || ways.Any(static a => a.Name == "evol-instruct"), "--check"), (via, ways.Any(static a => a.Name == "back-and-forth"), "--by back-and-forth"),
            (shown, ways.Any(static a => a.Name == "self-instruct"), "--by self-instruct"), (alpha, ways.Any(static a => a.Name is "synonyms" or "swaps" or "deletions" or "typos"), "--by synonyms, swaps, deletions or typos"),
        })
        {
            if (c.IsGiven(option) && !used)
                throw new UserErrorException(option.Name, $"has no effect without {needs}", "leave it out");
        }
        return new AugmentOptions
        {
            Data = SourceKinds.Read("--data", c.Get(data)!),
            Columns = ColumnPairs.Read("--columns", c.Get(columns) ?? []),
            By = ways,
            Out = c.Get(output)!,
            Times = Shared.Within("--times", c.Get(times) ?? (balanced ? UsualTimesBalanced : UsualTimes), 1, 1000, "a whole number from 1 to 1000"),
            Alpha = Shared.Within("--alpha", c.Get(alpha), 0.001, 1, "a number from 0.001 to 1"),
            Balance = c.Get(balance),
            Target = c.Get(target) is { } most ? Shared.Within("--target", most, 1, int.MaxValue, "a whole number from 1") : null,
            Via = c.Get(via)!,
            Shown = Shared.Within("--shown", c.Get(shown), 1, 64, "a whole number from 1 to 64"),
            Check = judge,
            CheckShown = Shared.Within("--check-shown", c.Get(checkShown), 0, 64, "a whole number from 0 to 64"),
            Seed = sampling.Seed(c),
        };
    }

    private AugmentResult Written(CommandContext c, AugmentOptions options)
    {
        if (server.IsGiven(c))
        {
            using var client = server.Open(c, model);
            var request = sampling.ReadRequest(c, UsualTemperature);
            var greedy = request.Clone();
            (greedy.Temperature, greedy.TopP) = (0, null);
            return Make(c, options, new AugmentTeachers(server.Teacher(c, client, request, 1), server.Teacher(c, client, greedy, 1)));
        }
        if (c.Get(model.Model) is null)
            throw new UserErrorException("data augment", $"{options.By.FirstOrDefault(static a => a.NeedsModel)?.Name ?? "--check"} needs a model, and none is given", "give --model with a folder, or --server with an address and --server-model");
        server.RequireAbsent(c);
        using var loaded = model.Open(c);
        var generation = sampling.Read(c, loaded.Context.Generation, loaded.Context.StopIds, UsualTemperature);
        return Make(c, options, new AugmentTeachers(new LocalTeacher(loaded, generation, 1), new LocalTeacher(loaded, generation with { Sampling = new SamplingOptions() }, 1)));
    }

    private AugmentResult Make(CommandContext c, AugmentOptions options, AugmentTeachers? teachers)
    {
        if (teachers is null)
        {
            server.RequireAbsent(c);
            if (server.IsGiven(c) || model.GivenBesideThreads(c) is not null || sampling.GivenBesideSeed(c) is not null)
                throw new UserErrorException(model.GivenBesideThreads(c) ?? sampling.GivenBesideSeed(c) ?? "--server", "has no effect, since nothing here is written by a model", "leave it out, or give --check or --by with an augmenter that has a model write");
        }
        Progress? progress = null;
        var stage = "";
        try
        {
            return AugmentRun.ExecuteAsync(options, teachers, Report, c.Output.Warn, c.Stop).GetAwaiter().GetResult();
        }
        finally
        {
            progress?.Dispose();
        }

        void Report(string doing, int done, int all)
        {
            if (doing != stage)
            {
                progress?.Dispose();
                (progress, stage) = (c.Output.Begin(doing, all, "rows", done), doing);
            }
            progress!.Report(done);
        }
    }

    private static void Write(Utf8JsonWriter json, AugmentResult r)
    {
        json.WriteStartObject();
        json.WriteString("output", r.Out);
        foreach (var (name, value) in new[] { ("parents", r.Parents), ("wanted", r.Wanted), ("made", r.Made), ("unlabelled", r.Unlabelled) })
            json.WriteNumber(name, value);
        json.WriteStartArray("augmenters");
        foreach (var a in r.Augmenters)
        {
            json.WriteStartObject();
            json.WriteString("name", a.Name);
            json.WriteNumber("tried", a.Tried);
            json.WriteNumber("kept", a.Kept);
            json.WriteStartObject("dropped");
            foreach (var (reason, count) in a.Dropped)
                json.WriteNumber(reason, count);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("classes");
        foreach (var some in r.Classes.Where(static k => k.Label.Length > 0))
        {
            json.WriteStartObject();
            json.WriteString("label", some.Label);
            foreach (var (name, value) in new[] { ("before", some.Before), ("made", some.Made), ("wanted", some.Wanted) })
                json.WriteNumber(name, value);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (r.Checked is var (agreed, asked))
        {
            json.WriteNumber("parents_checked", asked);
            json.WriteNumber("parents_agreed", agreed);
        }
        json.WriteStartArray("logs");
        foreach (var log in r.Logs)
            json.WriteStringValue(log);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Show(IAnsiConsole console, AugmentOptions options, AugmentResult r)
    {
        var text = console.Plain();
        text.WriteLine($"{Numbers.Count(r.Made)} new rows of {Numbers.Count(r.Parents)}, {Numbers.Count(r.Wanted)} were wanted");
        foreach (var a in r.Augmenters)
        {
            text.WriteLine($"  {a.Name}: {Numbers.Count(a.Kept)} of {Numbers.Count(a.Tried)} tries");
            foreach (var (reason, count) in a.Dropped)
                text.WriteLine($"    {Numbers.Count(count)} dropped: {reason}");
        }
        foreach (var some in r.Classes.Where(static k => k.Label.Length > 0))
            text.WriteLine($"  {some.Label}: {Numbers.Count(some.Before)} before, {Numbers.Count(some.Made)} new" + (some.Made < some.Wanted ? $" of {Numbers.Count(some.Wanted)} wanted" : ""));
        if (r.Unlabelled > 0)
            text.WriteLine($"  {Numbers.Count(r.Unlabelled)} rows have no class and were left alone");
        if (r.Checked is var (agreed, asked))
            text.WriteLine($"  the model's own answers agree with {Numbers.Count(agreed)} of {Numbers.Count(asked)} rows that were there before" + (2 * agreed < asked ? ": it does not know this task well enough to judge new rows" : ""));
        text.WriteLine($"{r.Out}\ntrain on both:\n  attune train --model MODEL --data {ShellWord.Of(options.Data.Select(SourceKinds.Flag).Append(r.Out))}{ColumnPairs.Flag(options.Columns)}");
    }
}
