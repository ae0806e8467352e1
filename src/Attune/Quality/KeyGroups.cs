namespace Attune.Quality;

/// <summary>
/// Rows with equal keys, found by passes over the ledger's keys: each pass takes the share of the keys that fits into a table of fixed size, sorts
/// it and walks its groups.
/// </summary>
internal static class KeyGroups
{
    // 2 M entries of 24 bytes.
    private const int TableRows = 1 << 21;

    /// <summary>Gives every group of two or more rows with equal <paramref name="key"/>, each sorted by answer, then by id.</summary>
    /// <param name="ledger">The keys.</param>
    /// <param name="gone">Rows that do not count.</param>
    /// <param name="key">What rows of a group have in common; null for rows that are in none.</param>
    /// <param name="group">Gets a group; the span is overwritten afterwards.</param>
    /// <param name="cancel">Honoured between passes.</param>
    public static void Each(RowLedger ledger, RowMarks gone, Func<RowKey, ulong?> key, GroupAction group, CancellationToken cancel)
    {
        var passes = ledger.Count / TableRows + 1;
        var table = new List<Entry>();
        for (var pass = 0; pass < passes; pass++)
        {
            cancel.ThrowIfCancellationRequested();
            table.Clear();
            Gather(ledger, gone, key, (ulong)pass, (ulong)passes, table);
            table.Sort();
            var rows = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(table);
            for (int start = 0, end; start < rows.Length; start = end)
            {
                end = start + 1;
                while (end < rows.Length && rows[end].Group == rows[start].Group) end++;
                if (end - start > 1) group(rows[start..end]);
            }
        }
    }

    private static void Gather(RowLedger ledger, RowMarks gone, Func<RowKey, ulong?> key, ulong pass, ulong passes, List<Entry> table)
    {
        var id = 0;
        foreach (var piece in ledger.Keys())
        {
            foreach (var row in piece.Span)
            {
                // An unreadable record has no key.
                if (id >= ledger.FirstLooked && row != default && !gone[id] && key(row) is { } shared && shared % passes == pass)
                    table.Add(new Entry(shared, row.Answer, id));
                id++;
            }
        }
    }

    /// <summary>A row of a group.</summary>
    internal readonly record struct Entry(ulong Group, ulong Answer, int Id) : IComparable<Entry>
    {
        public int CompareTo(Entry other)
        {
            var order = Group.CompareTo(other.Group);
            if (order == 0) order = Answer.CompareTo(other.Answer);
            return order == 0 ? Id.CompareTo(other.Id) : order;
        }
    }

    /// <summary>Takes a group.</summary>
    internal delegate void GroupAction(ReadOnlySpan<Entry> rows);
}
