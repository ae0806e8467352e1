using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs.Export;
using Spectre.Console;

namespace Attune.Cli.Commands;

/// <summary>What <c>merge</c> and <c>export</c> share: what the result is tried on, and how it is shown.</summary>
internal sealed class ExportArguments
{
    private readonly ModelArguments model = new();

    private readonly Option<string[]> prompts = new("--prompt") { Description = "What model and result are asked, to compare them. Several may be given; left out: five prompts of Attune's own, or the first parts of --data.", HelpName = "text" };

    private readonly Option<string[]> data = new("--data", "-d") { Description = "Files of rows: prompts come from them, and their loss is compared.", HelpName = "file", AllowMultipleArgumentsPerToken = true };

    private readonly Option<string[]> columns = Shared.Columns();

    public Command AddTo(Command command)
    {
        model.AddTo(command);
        command.Options.Add(prompts);
        command.Options.Add(data);
        command.Options.Add(columns);
        return command;
    }

    /// <summary>Writes, compares, shows; 3 where a form is not near enough.</summary>
    public int Run(CommandContext c, ExportOptions options)
    {
        using var loaded = model.Open(c);
        using var view = new RunView(c.Output);
        if (c.Get(data) is { Length: > 0 } files)
        {
            var (asked, rows) = ExportRun.ReadRows(loaded, SourceKinds.Read("--data", files), ColumnPairs.Read("--columns", c.Get(columns) ?? []), c.Stop);
            options = options with { Prompts = asked, Rows = rows };
        }
        if (c.Get(prompts) is { Length: > 0 } given)
        {
            if (given.Any(string.IsNullOrWhiteSpace))
                throw new UserErrorException("--prompt", "is empty", "give a text");
            options = options with { Prompts = [.. given.Select(static p => new ParityPrompt(p, true))] };
        }
        var result = ExportRun.WithCost(loaded, options, view.Show, c.Stop);
        view.Dispose();
        c.Output.Result(json => Write(json, result), console => Show(console, result));
        foreach (var form in result.Forms.Where(static f => !f.Parity.Holds))
            c.Output.Warn($"{form.Path} does not say what the model says: do not use it. Please report this with the model's name.");
        return ExitCode.OfGuard(result.Holds);
    }

    private static void Write(Utf8JsonWriter json, ExportResult result)
    {
        json.WriteStartObject();
        json.WriteBoolean("holds", result.Holds);
        Number("loss", result.Loss);
        if (result.Requantised is { } requantised)
            JsonReport.Requantised(json, requantised);
        json.WriteStartArray("forms");
        foreach (var form in result.Forms)
        {
            var parity = form.Parity;
            json.WriteStartObject();
            json.WriteString("form", form.Format);
            json.WriteString("path", form.Path);
            json.WriteNumber("bytes", form.Bytes);
            json.WriteNumber("prompts", parity.Prompts);
            json.WriteBoolean("same_prompt_ids", parity.SamePrompts);
            json.WriteNumber("same_ids", parity.SameIds);
            Number("largest_difference", parity.Difference);
            Number("allowed", parity.Allowed);
            Number("divergence", parity.Divergence);
            Number("loss", parity.Loss);
            json.WriteBoolean("holds", parity.Holds);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();

        void Number(string name, double? value)
        {
            if (value is { } known && double.IsFinite(known))
                json.WriteNumber(name, known);
            else
                json.WriteNull(name);
        }
    }

    private static void Show(IAnsiConsole console, ExportResult result)
    {
        console.Write(Table([.. result.Forms.Select(static f => f.Parity)]));
        if (result.Loss is { } loss)
            console.Plain().WriteLine(string.Create(CultureInfo.InvariantCulture, $"loss of the model itself: {loss:F4}"));
        if (result.Requantised is { } requantised)
            console.Write(RunView.RequantisedTable(requantised));
        foreach (var form in result.Forms)
            console.Plain().WriteLine($"{form.Path} ({Numbers.Bytes(form.Bytes)})");
    }

    /// <summary>How near each form came.</summary>
    internal static Table Table(IReadOnlyList<ParityLine> forms)
    {
        var withLoss = forms.Any(static f => f.Loss is not null);
        var table = new Table().Border(TableBorder.Simple).AddColumn("form");
        foreach (var name in (string[])["same ids", "difference", "allowed", "divergence", .. withLoss ? ["loss"] : Array.Empty<string>()])
            table.AddColumn(new TableColumn(name).RightAligned());
        table.AddColumn("");
        foreach (var form in forms)
        {
            string[] cells =
            [
                form.Form, form.SamePrompts ? string.Create(CultureInfo.InvariantCulture, $"{form.SameIds} of {form.Prompts}") : "prompts differ",
                Numbers.Short(form.Difference), Numbers.Short(form.Allowed), Numbers.Short(form.Divergence),
                .. withLoss ? [string.Create(CultureInfo.InvariantCulture, $"{form.Loss:F4}")] : Array.Empty<string>(), form.Holds ? "holds" : form.Failed is null ? "DOES NOT HOLD" : "NOT WRITTEN",
            ];
            table.AddRow([.. cells.Select(Markup.Escape)]);
        }
        return table;
    }
}
