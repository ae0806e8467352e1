using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Attune.Runs;

namespace Attune.Cli.Commands;

/// <summary><c>attune inspect</c>: what a folder or a file is.</summary>
internal static class InspectCommand
{
    public static Command Create(CommandHost host)
    {
        var path = new Argument<string>("path") { Description = "Folder of a model, an adapter or a run, or a safetensors file." };
        return host.Bind(new Command("inspect", "Shows what a model, an adapter, a run or a safetensors file is made of.") { path }, c =>
        {
            var found = Inspection.Of(c.Get(path)!);
            c.Output.Result(json => found.WriteTo(json), console => Show(console.Plain(), found, 0));
            return ExitCode.Done;
        });
    }

    // One fact a line, what belongs to one below it: nothing is wrapped, so that it can be searched.
    private static void Show(TextWriter writer, JsonObject facts, int indent)
    {
        var width = facts.Select(static f => f.Key.Length).DefaultIfEmpty(0).Max();
        foreach (var (name, value) in facts)
        {
            // Only the outermost names are Attune's own words; those within are keys and types, to be found again as they are written.
            var label = new string(' ', indent) + (indent == 0 ? name.Replace('_', ' ') : name);
            switch (value)
            {
                case JsonObject { Count: > 0 } inner:
                    writer.WriteLine(label);
                    Show(writer, inner, indent + 2);
                    break;
                case JsonArray { Count: > 0 } list when list[0] is JsonObject:
                    writer.WriteLine(label);
                    foreach (var item in list)
                        writer.WriteLine(new string(' ', indent + 2) + string.Join("  ", item!.AsObject().Select(static f => Text(f.Value))));
                    break;
                default:
                    writer.WriteLine($"{label.PadRight(indent + width)}  {Text(value)}");
                    break;
            }
        }
    }

    private static string Text(JsonNode? value) => value switch
    {
        null => "none",
        JsonArray list => list.Count == 0 ? "none" : "[" + string.Join(", ", list.Select(Text)) + "]",
        JsonObject => "none",
        JsonValue v when v.TryGetValue<bool>(out var yes) => yes ? "yes" : "no",
        JsonValue v when v.TryGetValue<string>(out var text) => text.ReplaceLineEndings("\\n"),
        JsonValue v when v.TryGetValue<long>(out var whole) => whole.ToString("#,0", CultureInfo.InvariantCulture),
        JsonValue v when v.TryGetValue<int>(out var whole) => whole.ToString("#,0", CultureInfo.InvariantCulture),
        _ => value.ToJsonString(),
    };
}
