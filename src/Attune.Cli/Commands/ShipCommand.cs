using System.CommandLine;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs;

namespace Attune.Cli.Commands;

/// <summary><c>attune ship</c>: whether a finished run may be used; exit code 0 or 3.</summary>
internal static class ShipCommand
{
    public static Command Create(CommandHost host) => host.Command("ship", "Judges a finished run by its guard: exit code 0 where every condition is met, 3 where one is not.", command =>
    {
        var folder = new Argument<string>("run") { Description = "Folder of a finished run." };
        var policy = new Option<string[]>("--guard") { Description = "A recipe whose guard section holds for this result, over the run's own. Several may be given.", HelpName = "file" };
        var flags = GuardReader.Keys.ToDictionary(static k => k, static k => new RecipeOption(k));
        command.Arguments.Add(folder);
        command.Options.Add(policy);
        foreach (var flag in flags.Values)
            command.Options.Add(flag);
        host.Bind(command, c =>
        {
            var settings = flags.Where(f => c.Get(f.Value) is { Length: > 0 }).Select(f => new Setting(f.Key.Name, c.Get(f.Value)![0], f.Key.Flag)).ToList();
            var result = ShipRun.Execute(Shared.RequireFolder("run", c.Get(folder)!), c.Get(policy) ?? [], settings);
            c.Output.Result(
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("title", result.Record.Title);
                    json.WriteString("saved", result.Saved);
                    JsonReport.WriteGate(json, result.Gate);
                    json.WriteEndObject();
                },
                console =>
                {
                    console.Plain().WriteLine(result.Record.Title);
                    GateView.Show(console, result.Gate);
                });
            return ExitCode.OfGuard(result.Gate.IsMet);
        });
    });
}
