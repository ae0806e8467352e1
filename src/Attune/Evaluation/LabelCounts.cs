namespace Attune.Evaluation;

/// <summary>The answers of a data set, counted while they are few and short: then they are labels, and their balance says something.</summary>
internal sealed class LabelCounts
{
    private const int MostLabels = 2000, LongestLabel = 60, FewestRowsEach = 4;
    private const double LeastShort = 0.98;

    private readonly Dictionary<string, long> counts = new(StringComparer.Ordinal);
    private long rows, others;

    /// <summary>Counts an answer.</summary>
    public void Add(string answer)
    {
        rows++;
        var label = answer.AsSpan().Trim();
        if (!MayBeLabel(label)) others++;
        else
        {
            var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
            if (lookup.TryGetValue(label, out var count)) lookup[label] = count + 1;
            else if (counts.Count < MostLabels) lookup[label] = 1;
            else others++;
        }
    }

    /// <summary>Whether an answer is short enough for a label: one line, not empty.</summary>
    public static bool MayBeLabel(ReadOnlySpan<char> answer) => answer.Trim() is { Length: > 0 and <= LongestLabel } label && !label.Contains('\n');

    /// <summary>Whether the answers are labels: short, at least two of them, and each in some rows on the average.</summary>
    public bool AreLabels => counts.Count >= 2 && others <= (1 - LeastShort) * rows && rows >= FewestRowsEach * counts.Count;

    /// <summary>Labels with their rows, the most frequent first.</summary>
    public IReadOnlyList<(string Label, long Rows)> Table => [.. counts.OrderByDescending(static c => c.Value).ThenBy(static c => c.Key, StringComparer.Ordinal).Select(static c => (c.Key, c.Value))];

    /// <summary>Entropy of the labels over that of as many equally frequent ones: 1 where all have the same number of rows.</summary>
    public double Evenness
    {
        get
        {
            double total = counts.Values.Sum();
            return -Table.Sum(c => c.Rows / total * Math.Log(c.Rows / total)) / Math.Log(counts.Count);
        }
    }
}
