using System.Runtime.InteropServices;
using Attune.Data;

namespace Attune.Quality;

/// <summary>
/// What every run looks at in its rows, since it costs next to nothing once they are tokenized: rows that stand twice, prompts with different answers,
/// and test rows that were trained on. All else is <c>attune data report</c>'s.
/// </summary>
public sealed record QuickCheck
{
    /// <summary>Training rows that were looked at.</summary>
    public required int Rows { get; init; }

    /// <summary>Training rows whose ids are those of an earlier one.</summary>
    public required int Duplicates { get; init; }

    /// <summary>Training rows whose prompt stands in another one with another answer.</summary>
    public required int Conflicts { get; init; }

    /// <summary>Test rows that were looked at; 0 where they are the training files' own.</summary>
    public required int TestRows { get; init; }

    /// <summary>Test rows that stand in the training rows, prompt and answer.</summary>
    public required int TestCopies { get; init; }

    /// <summary>Test rows whose prompt stands in the training rows but for case, signs and the order of words, those above among them.</summary>
    public required int TestPrompts { get; init; }

    /// <summary>The first test row that stands in the training rows, and where; null for none.</summary>
    public string? FirstCopy { get; init; }

    /// <summary>Looks through tokenized rows; 24 bytes a row in dictionaries, given back at once.</summary>
    /// <param name="train">The rows that are trained on.</param>
    /// <param name="test">The rows that the result is measured on.</param>
    public static QuickCheck Of(IReadOnlyList<Example> train, IReadOnlyList<Example> test)
    {
        var whole = new Dictionary<ulong, int>(train.Count);
        var answers = new Dictionary<ulong, (ulong Answer, int Rows, bool Differ)>(train.Count);
        var groups = new HashSet<ulong>(train.Count);
        var duplicates = 0;
        for (var i = 0; i < train.Count; i++)
        {
            var row = train[i];
            groups.Add(row.Group);
            if (!whole.TryAdd(Mixing.Hash(row.Ids), i)) duplicates++;
            // Running text has no prompt, so that nothing can contradict it.
            if (row.Prompt.Length <= 1) continue;
            var answer = Mixing.Hash(row.Ids.AsSpan(row.Prompt.Length));
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(answers, Mixing.Hash(row.Prompt), out var seen);
            known = (seen ? known.Answer : answer, known.Rows + 1, known.Differ || (seen && known.Answer != answer));
        }
        string? first = null;
        var (copies, prompts) = (0, 0);
        foreach (var row in test)
        {
            var copy = whole.TryGetValue(Mixing.Hash(row.Ids), out var at);
            if (copy || groups.Contains(row.Group)) prompts++;
            if (!copy) continue;
            copies++;
            first ??= $"{row.File}, row {row.Row}, is {train[at].File}, row {train[at].Row}";
        }
        return new QuickCheck
        {
            Rows = train.Count,
            Duplicates = duplicates,
            Conflicts = answers.Values.Where(static a => a.Differ).Sum(static a => a.Rows),
            TestRows = test.Count,
            TestCopies = copies,
            TestPrompts = prompts,
            FirstCopy = first,
        };
    }
}
