using Attune.Data;
using Attune.Engine;
using Attune.Evaluation.Facts;
using Attune.Text;

namespace Attune.Runs;

/// <summary>
/// Prompts that show a few rows with their answers before they ask: turns of one conversation where there is a chat template, otherwise
/// texts with an empty line between.
/// </summary>
internal sealed class FewShotPrompts
{
    private const string Between = "\n\n";

    private readonly ModelContext model;
    private readonly IReadOnlyList<FactRow>[] sets;
    private readonly int shots, room;

    /// <summary>Draws sets of rows that are shown, the same for every row that is asked.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Rows to draw from.</param>
    /// <param name="shots">Rows that are shown.</param>
    /// <param name="count">How many sets.</param>
    /// <param name="seed">Of the drawing.</param>
    /// <param name="room">Most tokens of a prompt.</param>
    public FewShotPrompts(ModelContext model, IReadOnlyList<FactRow> rows, int shots, int count, long seed, int room)
    {
        (this.model, this.shots, this.room) = (model, shots, room);
        var key = RandomKey.OfSeed(seed).For("exemplars");
        // One more than is shown, since a row is never shown beside itself.
        sets = [.. Enumerable.Range(0, count).Select(s => Draw(rows, shots == 0 ? 0 : shots + 1, key.At(s)))];
    }

    /// <summary>What ends an answer where there is no template.</summary>
    public static IReadOnlyList<string> StopStrings(ModelContext model, IEnumerable<FactRow> rows) =>
        model.Template is not null || rows.Any(static r => r.Expected.Trim().Contains(Between, StringComparison.Ordinal)) ? [] : [Between];

    /// <summary>One prompt a set, as many rows in front as fit.</summary>
    public int[][] Of(FactRow asked) => [.. sets.Select(set => Prompt([.. set.Where(r => r.Hash != asked.Hash).Take(shots)], asked))];

    private int[] Prompt(FactRow[] shown, FactRow asked)
    {
        while (true)
        {
            var ids = model.Template is { } template ? model.Text(Chat(template, shown, asked)) : model.Text(Plain(shown, asked));
            if (ids.Length <= room || shown.Length == 0)
                return ids;
            shown = shown[1..];
        }
    }

    private string Chat(ChatTemplate template, FactRow[] shown, FactRow asked)
    {
        static ChatMessage Message(Turn turn) => new(turn.Role, turn.Content);
        var own = asked.Chat!.Turns;
        var system = own[0].Role == "system" ? 1 : 0;
        ChatMessage[] messages =
        [
            .. own.Take(system).Select(Message),
            .. shown.SelectMany(static r => r.Chat!.Turns.Where(static t => t.Role != "system").Select(Message)),
            .. own.Skip(system).SkipLast(1).Select(Message),
        ];
        return model.Render(template, messages, addGenerationPrompt: true, ChatSpans.StoppedClock.Instance);
    }

    private static string Plain(FactRow[] shown, FactRow asked) =>
        string.Concat(shown.Select(static r => string.Concat(r.Chat!.Turns.Select(static t => t.Content)).Trim() + Between)) + string.Concat(asked.Chat!.Turns.SkipLast(1).Select(static t => t.Content));

    private static List<FactRow> Draw(IReadOnlyList<FactRow> rows, int count, RandomKey key)
    {
        var (left, drawn) = (rows.ToList(), new List<FactRow>());
        for (var i = 0; i < count && left.Count > 0; i++)
        {
            var at = key.Below(left.Count, i);
            drawn.Add(left[at]);
            left.RemoveAt(at);
        }
        return drawn;
    }
}
