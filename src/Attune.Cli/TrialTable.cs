using Spectre.Console;

namespace Attune.Cli;

/// <summary>
/// The best trials of a study as wide as the terminal is. Parameters that are the same in all of them stand in a line below; where the rest is too wide for a
/// row a trial, a trial is a column, and those that do not fit beside the best are left to the page.
/// </summary>
internal static class TrialTable
{
    // Of a column: two spaces, and one between it and the next.
    private const int Gap = 3;

    // Before the first column.
    private const int Edge = 1;

    /// <summary>Writes the table.</summary>
    /// <param name="console">Where to; its width counts.</param>
    /// <param name="columns">The number, the result, the parameters by their full names, and a remark.</param>
    /// <param name="rows">A row a trial, the best first.</param>
    public static void Write(IAnsiConsole console, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var varied = Enumerable.Range(0, columns.Count).Where(i => i < 2 || i == columns.Count - 1 || rows.Count < 2 || rows.Any(r => r[i] != rows[0][i])).ToList();
        List<List<string>> cells = [.. rows.Prepend(columns).Select(r => varied.ConvertAll(i => r[i]))];
        console.Write(Width(cells) <= console.Profile.Width ? Table(cells, isTurned: false) : Table(Turned(cells, console.Profile.Width), isTurned: true));
        var same = Enumerable.Range(0, columns.Count).Except(varied).Select(i => $"{columns[i]} {rows[0][i]}").ToList();
        if (same.Count > 0)
            console.Write(new Spectre.Console.Text($"The same in all of these: {string.Join(", ", same)}\n"));
    }

    // As many trials as fit; a remark may take several lines, as in "the recipe itself".
    private static List<List<string>> Turned(List<List<string>> cells, int width)
    {
        var (names, trials) = (cells[0], cells.Skip(1).ToList());
        var room = width - Edge - names.Max(static n => n.Length) - Gap;
        var fitting = trials.Where((_, i) => i == 0 || trials.Take(i + 1).Sum(static t => Gap + Narrowest(t)) <= room).ToList();
        return [.. Enumerable.Range(0, names.Count).Select(i => (List<string>)[names[i], .. fitting.Select(t => t[i])])];
    }

    private static int Narrowest(List<string> trial) => trial.SkipLast(1).Concat(trial[^1].Split(' ')).Max(static c => c.Length);

    private static int Width(List<List<string>> cells) => Edge + Enumerable.Range(0, cells[0].Count).Sum(i => cells.Max(r => r[i].Length) + Gap);

    // The first row is the head.
    private static Table Table(List<List<string>> cells, bool isTurned)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var (i, name) in cells[0].Index())
        {
            var column = new TableColumn(Markup.Escape(name));
            // Left to itself the table would break words of one column to spare lines of another.
            table.AddColumn(isTurned ? column.Width(i == 0 ? cells.Max(static r => r[0].Length) : Narrowest(cells.ConvertAll(r => r[i]))) : column);
            column.Alignment = isTurned && i == 0 ? Justify.Left : Justify.Right;
        }
        foreach (var row in cells.Skip(1))
            table.AddRow([.. row.Select(static c => Markup.Escape(c))]);
        return table;
    }
}
