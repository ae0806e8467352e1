using System.CommandLine;
using Attune.Problems;
using Attune.Recipes;
using Attune.Runs;

namespace Attune.Cli.Commands;

/// <summary><c>attune train</c>, <c>check</c> and <c>plan</c>: one recipe, taken to the end, to the data, or to the memory plan.</summary>
internal static class RunCommands
{
    public static Command Train(CommandHost host) => host.Command("train", "Tunes a model by a recipe, and shows what was gained and lost.", command =>
    {
        var arguments = new RecipeArguments();
        var resume = new Option<string>("--resume") { Description = "Go on with a run that was stopped; --threads, --memory and --time may differ.", HelpName = "run folder" };
        arguments.AddTo(command);
        var seeds = new Option<long[]>("--seeds")
        {
            Description = "Runs the recipe once a seed, and shows means and intervals over the runs: --seeds 1 2 3",
            HelpName = "number…",
            AllowMultipleArgumentsPerToken = true,
        };
        var force = new Option<bool>("--force")
        {
            Description = "With --resume: go on although products (--compute) or vectors are others than so far; the result is not that of one run, bit for bit.",
        };
        command.Options.Add(resume);
        command.Options.Add(force);
        command.Options.Add(seeds);
        host.Bind(command, c =>
        {
            var from = c.Get(resume);
            var recipe = arguments.Read(c, from);
            using var view = new RunView(c.Output);
            var several = c.Get(seeds) ?? [];
            if (from is not null && several.Length > 0)
                throw new UserErrorException("--seeds", "is a study of several runs and cannot go with --resume", "leave out --resume: the command that began the study goes on with it");
            if (from is null && c.Get(force))
                throw new UserErrorException("--force", "means something with --resume only", "leave it out");
            var backend = RunSetup.BackendOf(recipe);
            try
            {
                if (several.Length > 0)
                {
                    var study = SeedStudy.Execute(recipe, several, backend, TimeProvider.System, seed => c.Output.Say($"seed {seed}"), view.Show, c.Stop);
                    SeedView.Finish(c.Output, study);
                    return ExitCode.OfGuard(study.Runs.All(static r => r.Holds));
                }
                var result = TrainRun.Execute(recipe, from, backend, TimeProvider.System, view.Show, c.Stop, c.Get(force));
                view.Finish(result);
                return ExitCode.OfGuard(result.Holds);
            }
            catch (OperationCanceledException)
            {
                if (several.Length > 0)
                    c.Output.Say("the same command goes on with the study, the run in hand from its checkpoint");
                else
                    view.Stopped();
                throw;
            }
        });
    });

    public static Command Check(CommandHost host) => host.Command("check", "Everything that train does before it trains: recipe, model, data, choices, memory.", command =>
    {
        var arguments = new RecipeArguments();
        host.Bind(arguments.AddTo(command), c =>
        {
            var recipe = arguments.Read(c, null);
            using var view = new RunView(c.Output);
            var backend = RunSetup.BackendOf(recipe);
            using var setup = RunSetup.Prepare(recipe, backend, view.Show, c.Stop);
            view.Checked(setup, RunDuration.Estimate(setup, backend, c.Stop));
            return ExitCode.Done;
        });
    });

    public static Command Plan(CommandHost host) => host.Command("plan", "What a run needs of memory, time and disk, before anything is loaded.", command =>
    {
        var arguments = new RecipeArguments();
        host.Bind(arguments.AddTo(command), c =>
        {
            var recipe = arguments.Read(c, null);
            var backend = RunSetup.BackendOf(recipe);
            using var setup = RunSetup.Prepare(recipe, backend, static _ => { }, c.Stop);
            RunView.Plan(c.Output, setup, RunDuration.Estimate(setup, backend, c.Stop));
            return ExitCode.Done;
        });
    });
}

/// <summary>A recipe file, or flags that mirror its keys, or both.</summary>
internal sealed class RecipeArguments
{
    private readonly Argument<string?> file = new("recipe") { Description = "A recipe file.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string[]> set = new("--set") { Description = "Sets a key of the recipe: --set train.epochs=2", HelpName = "key=value" };
    private readonly Dictionary<RecipeKey, Option<string[]>> flags = RecipeKeys.All.Where(static k => k.Section != "search").ToDictionary(
        static k => k,
        static k => (Option<string[]>)new RecipeOption(k));

    public Command AddTo(Command command)
    {
        command.Arguments.Add(file);
        command.Options.Add(set);
        foreach (var flag in flags.Values)
            command.Options.Add(flag);
        return command;
    }

    /// <summary>The recipe that file and flags make; of a resumed run, the one in its folder, with what is the machine's alone as now wished.</summary>
    public Recipe Read(CommandContext c, string? resume)
    {
        var settings = (c.Get(set) ?? []).Select(Setting.Parse).ToList();
        foreach (var (key, option) in flags)
        {
            if (c.Get(option) is { Length: > 0 } values)
                settings.Add(new Setting(key.Name, values[0], key.Flag) { List = values.Length == 1 ? null : values });
        }
        if (resume is null)
            return c.Get(file) is { } path ? RecipeReader.ReadFile(path, settings) : RecipeReader.FromSettings(settings);
        if (c.Get(file) is not null || !settings.TrueForAll(IsOfTheMachine))
        {
            throw new UserErrorException(
                "--resume", "goes on with the recipe in the run's folder, exactly as it was", $"leave out the recipe and all settings but {string.Join(", ", flags.Keys.Where(static k => k.Role == KeyRole.Machine).Select(static k => k.Flag))}, or begin a new run");
        }
        return RecipeReader.ReadFile(RunDirectory.Existing(resume).Recipe, settings);
    }

    // What changes no bit of the result: a run may go on with another share of the machine. Products do: the checkpoint asks for --force.
    private static bool IsOfTheMachine(Setting setting) => RecipeKeys.Find(setting.Key)?.Role == KeyRole.Machine;
}

/// <summary>The flag of a recipe's key, under the heading of its section in the help.</summary>
internal sealed class RecipeOption : Option<string[]>, IGrouped
{
    public RecipeOption(RecipeKey key, string? name = null)
        : base(name ?? key.Flag)
    {
        Group = key.Section.Length == 0 ? "Run" : $"{char.ToUpperInvariant(key.Section[0])}{key.Section[1..]}";
        Description = key.Help;
        HelpName = key.Leaf;
        // Only where a key takes several: elsewhere the next word may be the recipe.
        AllowMultipleArgumentsPerToken = key.IsList;
        CompletionSources.Add(_ => key.Words.Select(static w => new System.CommandLine.Completions.CompletionItem(w)));
    }

    public string Group { get; }
}
