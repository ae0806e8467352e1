using System.CommandLine;
using Attune.Recipes;

namespace Attune.Cli.Commands;

/// <summary><c>attune schema</c>: what a recipe may hold, for editors.</summary>
internal static class SchemaCommand
{
    public static Command Create(CommandHost host) => host.Bind(
        new Command("schema", "Prints the JSON schema of recipes, by which editors complete and explain keys: attune schema > schema.json"), c =>
        {
            c.Output.TextLine(RecipeSchema.Write().TrimEnd());
            return ExitCode.Done;
        });
}
