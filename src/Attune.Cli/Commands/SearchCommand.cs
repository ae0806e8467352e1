using System.CommandLine;
using Attune.Problems;
using Attune.Recipes;
using Attune.Runs;

namespace Attune.Cli.Commands;

/// <summary><c>attune search</c>: trials of a recipe with other settings, and the best of them as a recipe.</summary>
internal static class SearchCommand
{
    public static Command Create(CommandHost host) => host.Command("search", "Finds good settings: runs trials of a recipe with other values, in a time or a number of trials, and writes the best recipe.", command =>
    {
        var file = new Argument<string>("recipe") { Description = "A recipe file with the section search." };
        var set = new Option<string[]>("--set") { Description = "Sets a key of the recipe: --set train.epochs=2", HelpName = "key=value" };
        var output = new Option<string>("--output") { Description = "Folder of the study; the same folder goes on with it. auto: runs/search-<model>-<data>.", HelpName = "folder" };
        var flags = RecipeKeys.All.Where(static k => k.Section == "search").ToDictionary(static k => k, static k => (Option<string[]>)new RecipeOption(k, "--" + k.Leaf.Replace('_', '-')));
        command.Arguments.Add(file);
        command.Options.Add(output);
        command.Options.Add(set);
        foreach (var flag in flags.Values)
            command.Options.Add(flag);
        var range = new RangeTestArguments();
        range.AddTo(command);
        host.Bind(command, c =>
        {
            var settings = (c.Get(set) ?? []).Select(Setting.Parse).ToList();
            if (c.Get(output) is { } folder)
                settings.Add(new Setting("output", folder, "--output"));
            foreach (var (key, option) in flags)
            {
                if (c.Get(option) is { Length: > 0 } values)
                    settings.Add(new Setting(key.Name, values[0], option.Name) { List = values.Length == 1 ? null : values });
            }
            var recipe = RecipeReader.ReadFile(c.Get(file)!, settings);
            if (range.IsWished(c, [.. settings.Where(static s => s.Key.StartsWith("search.", StringComparison.Ordinal)).Select(static s => s.Origin)]))
                return range.Run(c, recipe);
            using var view = new SearchView(c.Output);
            view.Finish(SearchRun.Execute(recipe, new SearchOptions(), view.Show, c.Stop));
            return ExitCode.Done;
        });
    });

    /// <summary>The process of one trial; not for people, who would miss what its lines belong to.</summary>
    public static Command Trial(CommandHost host)
    {
        var folder = new Argument<string>("folder") { Description = "The trial's folder." };
        var metric = new Option<string>("--metric") { Description = "The metric of the study.", HelpName = "name" };
        var command = new Command(TrialProcess.Command, "Runs a trial of a search.") { folder, metric };
        command.Hidden = true;
        return host.Bind(command, c =>
        {
            // The parent closes this end of the pipe where the trial is to stop, and so does its death.
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(c.Stop);
            var watch = new Thread(() =>
            {
                while (c.Output.Terminal.In.ReadLine() is not null)
                {
                }
                TryCancel(stop);
            })
            { IsBackground = true };
            watch.Start();
            void Line(string name, int step, double value, string text) => c.Output.JsonLine(json =>
            {
                json.WriteStartObject();
                json.WriteString("event", name);
                json.WriteNumber("step", step);
                if (double.IsFinite(value))
                    json.WriteNumber("value", value);
                json.WriteString("text", text);
                json.WriteEndObject();
            });
            try
            {
                var result = TrialWorker.Execute(c.Get(folder)!, c.Get(metric), r => Line(TrialLine.Valid, r.Step, r.Value, ""), static _ => { }, stop.Token);
                Line(TrialLine.Done, 0, result, "");
                return ExitCode.Done;
            }
            catch (UserErrorException e)
            {
                Line(TrialLine.Failed, 0, double.NaN, string.Join("; ", e.Problems));
                return ExitCode.WrongInput;
            }
            catch (RunFailedException e)
            {
                Line(TrialLine.Failed, 0, double.NaN, e.Problem.ToString());
                return ExitCode.Failed;
            }
        });
    }

    private static void TryCancel(CancellationTokenSource stop)
    {
        try
        {
            stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The trial ended first.
        }
    }
}
