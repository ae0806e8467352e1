namespace Attune.Quality;

/// <summary>Clusters of rows that are nearly the same (union-find), from the rows that meet in bands.</summary>
internal sealed class NearClusters(NearIndex index, double near, int rows)
{
    // Rows of a meeting against which the others are held: a large meeting of rows that are not alike would else take the square of its size. Who is
    // missed here meets in other bands.
    private const int MostHeld = 8;

    private readonly int[] parents = [.. Enumerable.Range(0, rows)];
    private readonly int[] links = NoLinks(rows);

    /// <summary>Clusters of two rows or more.</summary>
    public long Count { get; private set; }

    /// <summary>Rows of the largest.</summary>
    public long Largest { get; private set; }

    /// <summary>Pairs that were compared.</summary>
    public long Candidates { get; private set; }

    /// <summary>Finds the clusters.</summary>
    /// <param name="gone">Rows that do not count.</param>
    /// <param name="cancel">Honoured between bands.</param>
    public void Find(RowMarks gone, CancellationToken cancel)
    {
        for (var band = 0; band < index.Bands; band++) index.Meetings(band, gone, Meet, cancel);
        var others = new int[parents.Length];
        for (var id = 0; id < parents.Length; id++)
        {
            if (Root(id) is var root && root != id && others[root]++ == 0) Count++;
        }
        Largest = Count == 0 ? 0 : others.Max() + 1;
    }

    /// <summary>All rows of clusters but their first, ascending: each with an earlier row, and their similarity; null where both say the very same.</summary>
    public IEnumerable<(int Id, int Other, double? Similarity)> Duplicates()
    {
        for (var id = 0; id < parents.Length; id++)
        {
            var root = Root(id);
            if (root == id) continue;
            var other = links[id] >= 0 ? links[id] : root;
            var (row, held) = (index.Get(id), index.Get(other));
            yield return (id, other, row.Text.Key == held.Text.Key ? null : ShingleSet.Jaccard(row.Set, held.Set));
        }
    }

    private void Meet(ReadOnlySpan<ulong> entries)
    {
        var held = new List<NearIndex.Shingled>(MostHeld);
        foreach (var entry in entries)
        {
            var id = (int)(uint)entry;
            if (Joined(held, id)) continue;
            var row = index.Get(id);
            if (!Joins(held, row) && held.Count < MostHeld) held.Add(row);
        }
    }

    private bool Joined(List<NearIndex.Shingled> held, int id)
    {
        var root = Root(id);
        foreach (var other in held)
        {
            if (Root(other.Id) == root) return true;
        }
        return false;
    }

    private bool Joins(List<NearIndex.Shingled> held, NearIndex.Shingled row)
    {
        foreach (var other in held)
        {
            if (!IsNear(other, row)) continue;
            if (links[row.Id] < 0 || other.Text.Key == row.Text.Key) links[row.Id] = other.Id;
            var (a, b) = (Root(other.Id), Root(row.Id));
            parents[Math.Max(a, b)] = Math.Min(a, b);
            return true;
        }
        return false;
    }

    private bool IsNear(NearIndex.Shingled a, NearIndex.Shingled b)
    {
        Candidates++;
        if (a.Text.Key == b.Text.Key) return true;
        if (a.Text.Label != b.Text.Label) return false;
        // The similarity is at most the ratio of the sizes.
        return Math.Min(a.Set.Length, b.Set.Length) >= near * Math.Max(a.Set.Length, b.Set.Length) && ShingleSet.Jaccard(a.Set, b.Set) >= near;
    }

    private int Root(int id)
    {
        while (parents[id] != id) id = parents[id] = parents[parents[id]];
        return id;
    }

    private static int[] NoLinks(int rows)
    {
        var links = new int[rows];
        Array.Fill(links, -1);
        return links;
    }
}
