namespace Attune.Data;

/// <summary>The known name that a misspelled one most probably means.</summary>
internal static class Nearest
{
    /// <summary>The candidate with the fewest edits, or null if none is near: more than a third of the name (at least 2 letters) would have to change.</summary>
    public static string? To(string name, IEnumerable<string> candidates)
    {
        string? best = null;
        var fewest = Math.Max(2, name.Length / 3) + 1;
        foreach (var candidate in candidates)
        {
            var edits = Edits(name.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (edits >= fewest) continue;
            fewest = edits;
            best = candidate;
        }
        return best;
    }

    // Levenshtein's distance over two rows of the table.
    private static int Edits(string a, string b)
    {
        var before = new int[b.Length + 1];
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++) before[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                row[j] = Math.Min(Math.Min(row[j - 1], before[j]) + 1, before[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            (before, row) = (row, before);
        }
        return before[b.Length];
    }
}
