namespace Attune.Problems;

/// <summary>The known word that a misspelled one was probably meant to be.</summary>
public static class Nearest
{
    /// <summary>
    /// The candidate with the fewest edits (insert, delete, replace, swap neighbours) from <paramref name="word"/>; null where none is near,
    /// which is more than a third of its letters. Case and the difference between <c>-</c> and <c>_</c> do not count.
    /// </summary>
    public static string? To(string word, IEnumerable<string> candidates)
    {
        if (word.Length is 0 or > 64)
            return null;
        var wanted = Fold(word);
        var best = candidates.Select(c => (Word: c, Edits: Edits(wanted, Fold(c)))).OrderBy(c => c.Edits).FirstOrDefault();
        return best.Word is not null && best.Edits <= Math.Max(1, best.Word.Length / 3) ? best.Word : null;
    }

    private static string Fold(string word) => word.ToLowerInvariant().Replace('-', '_');

    private static int Edits(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }
}
