using Attune.Reports;
using Spectre.Console;

namespace Attune.Cli;

/// <summary>Shows whether a result may be used, condition by condition.</summary>
internal static class GateView
{
    /// <summary>Nothing where nothing is demanded.</summary>
    public static void Show(IAnsiConsole console, Gate? gate)
    {
        if (gate is not { Conditions.Count: > 0 })
            return;
        foreach (var c in gate.Conditions)
            console.MarkupLine($"{(c.IsMet ? "[green]met    [/]" : "[red]NOT MET[/]")} [bold]{Markup.Escape(c.Key)}[/]: {Markup.Escape(c.Demand)}. Found: {Markup.Escape(c.Found)}.");
        console.MarkupLine($"[bold]{Markup.Escape(gate.Sentence)}[/]");
    }
}
