using Attune.Data;

namespace Attune.Quality;

/// <summary>A row as checks see it.</summary>
/// <param name="id">Its number among all records of all files of the scan, from 0; evaluation files come first.</param>
/// <param name="row">The row as it stands in its file.</param>
/// <param name="chat">What it says.</param>
internal sealed class QualityRow(int id, Row row, Conversation chat)
{
    private string? prompt, answer;
    private (QualityCheck Check, object? What)[] found = [];

    /// <summary>Its number among all records of the scan, from 0.</summary>
    public int Id => id;

    /// <summary>The row as it stands in its file; its bytes are <see cref="Row.Raw"/>.</summary>
    public Row Row => row;

    /// <summary>What it says.</summary>
    public Conversation Chat => chat;

    /// <summary>How errors and lists name it.</summary>
    public string Place => row.Place;

    /// <summary>What is given: the turns that are not learned, without system messages, one below the other; empty for running text.</summary>
    public string Prompt => prompt ??= Joined(IsPrompt);

    /// <summary>What is learned: the answers, one below the other; the whole of running text.</summary>
    public string Answer => answer ??= Joined(static t => t.Trained);

    /// <summary>The texts of <see cref="Prompt"/>, with the calls and the reasoning of its turns.</summary>
    public IEnumerable<string> SaidInPrompt => chat.Turns.Where(IsPrompt).SelectMany(ChatStrings.Said);

    /// <summary>The texts of <see cref="Answer"/>, with the calls and the reasoning of its turns.</summary>
    public IEnumerable<string> SaidInAnswer => chat.Turns.Where(static t => t.Trained).SelectMany(ChatStrings.Said);

    /// <summary>What the row says, with case and blanks evened out.</summary>
    public RowKey Key { get; } = RowKey.Of(chat);

    /// <summary>Has checks find what takes long.</summary>
    public void Find(IEnumerable<QualityCheck> checks) => found = [.. checks.Select(c => (Check: c, What: c.Find(this))).Where(static f => f.What is not null)];

    /// <summary>What a check found ahead of the row's turn.</summary>
    public T Found<T>(QualityCheck check) => (T)Array.Find(found, f => f.Check == check).What!;

    private static bool IsPrompt(Turn turn) => !turn.Trained && turn.Role != "system";

    private string Joined(Func<Turn, bool> which)
    {
        string? only = null;
        foreach (var turn in chat.Turns)
        {
            if (which(turn)) only = only is null ? turn.Content : $"{only}\n{turn.Content}";
        }
        return only ?? "";
    }
}

/// <summary>A record from which nothing can be learned as it stands.</summary>
/// <param name="Id">Its number among all records of the scan, from 0.</param>
/// <param name="Row">Its place, its bytes, and its fields where it has any.</param>
/// <param name="Problems">What is wrong; at least one.</param>
internal sealed record UnreadableRow(int Id, Row Row, ProblemList Problems);
