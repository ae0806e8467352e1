using System.CommandLine;
using System.Globalization;
using Attune.Distillation;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs;

namespace Attune.Cli.Commands;

/// <summary><c>attune distill logits</c>: writes down once how likely a teacher finds every next token of a data set.</summary>
internal static class DistillLogitsCommand
{
    public static Command Create(CommandHost host)
    {
        var model = new ModelArguments();
        var data = new Option<string[]>("--data", "-d") { Description = "Files of rows, as the student is to be tuned on them.", HelpName = "file", Required = true, AllowMultipleArgumentsPerToken = true };
        var columns = Shared.Columns();
        var output = new Option<string>("--out", "-o") { Description = "The file, for objective.file of a recipe.", HelpName = "file", Required = true };
        var student = new Option<string?>("--student") { Description = "The student's folder, where its tokenizer is another than the teacher's: the file then holds sorted probabilities (objective.divergence: uld).", HelpName = "folder" };
        var kept = new Option<int>("--top-k") { Description = "Most likely tokens that are kept of each trained token; the others are one outcome.", HelpName = "k", DefaultValueFactory = _ => 16 };
        var temperature = new Option<double>("--temperature") { Description = "Divides the logits; objective.temperature of the recipe must be the same.", HelpName = "t", DefaultValueFactory = _ => 1 };
        var command = model.AddTo(new Command("logits", "Writes down once how likely a teacher finds every next token of a data set, to learn from without it; goes on where it was stopped."));
        foreach (var option in (Option[])[data, columns, output, student, kept, temperature])
            command.Options.Add(option);
        return host.Bind(command, c =>
        {
            using var other = c.Get(student) is { } folder ? ModelContext.Open(Shared.RequireModel("--student", folder)) : null;
            var options = new LogitsOptions
            {
                Student = other,
                Data = SourceKinds.Read("--data", c.Get(data)!),
                Columns = ColumnPairs.Read("--columns", c.Get(columns) ?? []),
                Output = c.Get(output)!,
                Kept = Shared.Within("--top-k", c.Get(kept), 1, 1 << 24, "a whole number from 1"),
                Temperature = Shared.Within("--temperature", c.Get(temperature), 1e-3, 100, "a number from 0.001 to 100"),
            };
            using var loaded = model.Open(c);
            Show(c.Output, options.Output, Run(c, loaded, options));
            return ExitCode.Done;
        });
    }

    private static LogitsHeader Run(CommandContext c, InferenceModel teacher, LogitsOptions options)
    {
        using var view = new RunView(c.Output);
        Progress? progress = null;
        try
        {
            return LogitsRun.Execute(teacher, options, report => view.Show(new NoticeData("data", report, [])), Report, c.Stop);
        }
        finally
        {
            progress?.Dispose();
        }

        void Report(long done, long total)
        {
            progress ??= c.Output.Begin($"{teacher.Context.Name} reads", total, "trained tokens", done);
            progress.Report(done);
        }
    }

    private static void Show(ConsoleOutput output, string path, LogitsHeader header)
    {
        using var file = LogitsFile.Open(path);
        var (known, rest) = file.Summary();
        output.Result(
            json =>
            {
                json.WriteStartObject();
                json.WriteString("output", path);
                json.WriteString("teacher", header.Name);
                foreach (var (name, value) in new (string, long)[] { ("examples", header.Examples), ("tokens", header.Rows), ("tokens_known", known), ("top_k", header.Kept), ("vocabulary", header.Vocabulary), ("bytes", header.FileBytes) })
                    json.WriteNumber(name, value);
                json.WriteNumber("temperature", header.Temperature);
                json.WriteNumber("mean_rest", rest);
                json.WriteEndObject();
            },
            console =>
            {
                var text = console.Plain();
                text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Numbers.Count(header.Rows)} trained tokens of {Numbers.Count(header.Examples)} different examples: {Numbers.Bytes(header.FileBytes)}"));
                if (header.Sorted)
                    text.WriteLine($"  {Numbers.Count(known)} of them begin where a token of the teacher begins, and learn from it; the others learn from their labels alone");
                text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  the {header.Kept} likeliest of {header.Vocabulary} tokens hold {Numbers.Share(1 - rest)} of the teacher's probability; the others are one outcome"));
                text.WriteLine($"learn from it:\n  attune train --model STUDENT --data … --objective distill --set {ShellWord.Of($"objective.file={path}")}" + (header.Sorted ? " --set objective.divergence=uld" : "") + (header.Temperature == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" --set objective.temperature={header.Temperature}")));
            });
    }
}
