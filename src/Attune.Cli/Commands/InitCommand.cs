using System.CommandLine;
using Attune.Formats;
using Attune.Problems;
using Attune.Recipes;

namespace Attune.Cli.Commands;

/// <summary>
/// <c>attune init</c>: a recipe with every key explained. What the flags do not say is asked where a person sits at the terminal.
/// </summary>
internal static class InitCommand
{
    private const string NoRows = "none: part of the training rows is held out";

    private static readonly string[] RowFiles = [".jsonl", ".json", ".csv", ".tsv", ".txt", ".parquet", ".gz"];

    public static Command Create(CommandHost host) => Create(host, static terminal => new SpectreQuestions(terminal));

    /// <summary>The same with another way to ask.</summary>
    internal static Command Create(CommandHost host, Func<Terminal, IQuestions> ask)
    {
        var file = new Argument<string>("recipe") { Description = "File to write.", DefaultValueFactory = static _ => "recipe.yaml" };
        var model = new Option<string>("--model", "-m") { Description = "Folder of the model to tune.", HelpName = "folder" };
        var data = new Option<string[]>("--data") { Description = "Files of training rows.", HelpName = "files", AllowMultipleArgumentsPerToken = true };
        var test = new Option<string[]>("--test") { Description = "Files of rows for the before and after, never trained on.", HelpName = "files", AllowMultipleArgumentsPerToken = true };
        var method = new Option<string>("--method") { Description = "What is trained: method.kind of recipes (lora, full and others).", HelpName = "kind" };
        var force = new Option<bool>("--force") { Description = "Write over a file that is there." };
        var command = new Command("init", "Asks a few questions and writes a recipe with every key explained.") { file, model, data, test, method, force };
        return host.Bind(command, c =>
        {
            var path = c.Get(file)!;
            if (File.Exists(path) && !c.Get(force))
                throw new UserErrorException(path, "is there already", "choose another name, or give --force to write over it");
            var questions = ask(c.Output.Terminal);
            var here = Directory.GetCurrentDirectory();
            var rows = Found(here, static f => RowFiles.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase));
            var settings = new List<Setting>
            {
                One("model", c.Get(model) ?? questions.Choose("--model", "Which model is to be tuned?", Models(here), "Folder of a model")),
                Many("data.train", c.Get(data) is { Length: > 0 } given ? given : [questions.Choose("--data", "Which file holds the training rows?", rows, "File of training rows")]),
            };
            if (c.Get(test) is { Length: > 0 } tests)
                settings.Add(Many("data.test", tests));
            else if (questions.CanAsk && questions.Choose("--test", "Which rows show the gain (never trained on)?", [NoRows, .. rows.Where(r => !settings[1].List!.Contains(r))], "File of test rows") is var answer && answer != NoRows)
                settings.Add(Many("data.test", [answer]));
            var kind = c.Get(method) ?? (questions.CanAsk ? questions.Choose("--method", "What is trained?", ["lora", "full"], null) : null);
            if (kind is not null)
                settings.Add(One("method.kind", kind));
            var recipe = RecipeReader.FromSettings(settings);
            var home = Path.GetDirectoryName(Path.GetFullPath(path))!;
            AtomicFile.WriteText(path, RecipeWriter.WriteExplained(recipe, settings.ToDictionary(static s => s.Key, s => From(home, s))));
            c.Output.Result(
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("recipe", Path.GetFullPath(path));
                    json.WriteEndObject();
                },
                console =>
                {
                    var plain = console.Plain();
                    plain.WriteLine($"{path} is written. Look into it, then:\n  attune check {ShellWord.Of(path)}\n  attune train {ShellWord.Of(path)}");
                    if (Invocation.Hint() is { } hint)
                        plain.WriteLine(hint);
                });
            return ExitCode.Done;
        });
    }

    // A recipe's paths begin at its own folder, those of a command line where it is typed.
    private static IReadOnlyList<string> From(string home, Setting setting)
    {
        var values = setting.List ?? [setting.Value];
        return setting.Key == "method.kind" ? values : [.. values.Select(v => Path.IsPathRooted(v) ? v : Path.GetRelativePath(home, Path.GetFullPath(v)).Replace(Path.DirectorySeparatorChar, '/'))];
    }

    private static Setting One(string key, string value) => new(key, value, key == "method.kind" ? "--method" : $"--{key}");

    private static Setting Many(string key, string[] values) => new(key, values[0], key == "data.train" ? "--data" : "--test") { List = values };

    // Two levels are looked at: models/NAME and data/NAME are where people keep things.
    private static string[] Models(string here) =>
        [.. Folders(here).SelectMany(static f => Folders(f).Prepend(f)).Where(static f => File.Exists(Path.Combine(f, HfConfig.FileName))).Select(f => Path.GetRelativePath(here, f)).Distinct().Order(StringComparer.Ordinal)];

    private static string[] Found(string here, Func<string, bool> fits) =>
        [.. Folders(here).Prepend(here).SelectMany(static f => Entries(() => Directory.EnumerateFiles(f))).Where(fits).Select(f => Path.GetRelativePath(here, f)).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Folders(string folder) =>
        Entries(() => Directory.EnumerateDirectories(folder)).Where(static f => Path.GetFileName(f) is not (['.', ..] or "bin" or "obj" or "runs"));

    private static string[] Entries(Func<IEnumerable<string>> list)
    {
        try
        {
            return [.. list().Take(1000)];
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }
}
