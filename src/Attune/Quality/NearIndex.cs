using System.Runtime.InteropServices;

namespace Attune.Quality;

/// <summary>What the search for near duplicates remembers of each row, on scratch files: its shingles, its keys, and the keys of its bands.</summary>
internal sealed class NearIndex : IDisposable
{
    // 4 M entries of 8 bytes are sorted at a time.
    private const int TableEntries = 1 << 22;

    private readonly ScratchRecords<uint> shingles = new();
    private readonly ScratchRecords<Spot> spots = new();
    private readonly ScratchRecords<ulong>[] bands;
    private readonly int bandRows;

    /// <param name="bandRows">Values of a signature that make a band.</param>
    public NearIndex(int bandRows)
    {
        this.bandRows = bandRows;
        bands = [.. Enumerable.Range(0, MinHash.Size / bandRows).Select(static _ => new ScratchRecords<ulong>())];
    }

    /// <summary>How many bands there are.</summary>
    public int Bands => bands.Length;

    /// <summary>Remembers a row; ids come ascending.</summary>
    public void Add(int id, Text text, ReadOnlySpan<uint> set, ReadOnlySpan<uint> signature)
    {
        while (spots.Count < id) spots.Add(default(Spot));
        spots.Add(new Spot(shingles.Count, text, set.Length));
        shingles.Add(set);
        for (var band = 0; band < bands.Length; band++) bands[band].Add((ulong)MinHash.Band(signature, band, bandRows) << 32 | (uint)id);
    }

    /// <summary>The shingles of a row.</summary>
    public Shingled Get(int id)
    {
        var spot = spots[id];
        var set = new uint[spot.Count];
        shingles.Read(spot.At, set);
        return new Shingled(id, spot.Text, set);
    }

    /// <summary>Gives the rows that meet in a band, two or more, ascending.</summary>
    public void Meetings(int band, RowMarks gone, MeetingAction meet, CancellationToken cancel)
    {
        var passes = (ulong)(bands[band].Count / TableEntries) + 1;
        var table = new List<ulong>();
        for (var pass = 0UL; pass < passes; pass++)
        {
            cancel.ThrowIfCancellationRequested();
            table.Clear();
            foreach (var piece in bands[band].Pieces())
            {
                foreach (var entry in piece.Span)
                {
                    if ((entry >> 32) % passes == pass && !gone[(int)(uint)entry]) table.Add(entry);
                }
            }
            table.Sort();
            var entries = CollectionsMarshal.AsSpan(table);
            for (int start = 0, end; start < entries.Length; start = end)
            {
                end = start + 1;
                while (end < entries.Length && entries[end] >> 32 == entries[start] >> 32) end++;
                if (end - start > 1) meet(entries[start..end]);
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        shingles.Dispose();
        spots.Dispose();
        foreach (var band in bands) band.Dispose();
    }

    /// <summary>Takes rows that meet: the low halves of the entries are their ids.</summary>
    internal delegate void MeetingAction(ReadOnlySpan<ulong> entries);

    /// <summary>What the text of a row is known by.</summary>
    /// <param name="Key">Its keys.</param>
    /// <param name="Label">The hash of what must be the same of the answers: the words of short ones, and calls; 0 where all may differ a little.</param>
    internal readonly record struct Text(RowKey Key, ulong Label);

    /// <summary>A row with its shingles, sorted.</summary>
    internal sealed record Shingled(int Id, Text Text, uint[] Set);

    private readonly record struct Spot(long At, Text Text, int Count);
}
