using System.Globalization;
using Attune.Data;
using Attune.Problems;

namespace Attune.Quality.Checks;

/// <summary>
/// Rows that are nearly the same as an earlier one: of the word shingles of prompt and answer together (without system messages, with reasoning and
/// calls of tools) at least a share of <see cref="QualitySettings.Near"/> is common. An answer of fewer than 8 words (a label) must have the same
/// words, and calls must be the same whatever their length, or two rows are no duplicates.
/// </summary>
/// <remarks>
/// Candidates are rows that meet in a band of their MinHash signatures (<see cref="MinHash"/>); each is verified by the Jaccard similarity of the
/// very shingles, which lie on a scratch file. Rows that are nearly the same form clusters, of which the first row is no duplicate.
/// </remarks>
internal sealed class NearDuplicates : QualityCheck
{
    /// <summary>Words from which on an answer may differ a little.</summary>
    public const int LongAnswer = 8;

    private readonly QualityContext context;
    private readonly NearIndex index;
    private readonly ThreadLocal<Scratch> scratch = new(static () => new Scratch());
    private NearClusters? clusters;

    private NearDuplicates(QualityContext context)
    {
        this.context = context;
        index = new NearIndex(MinHash.BandRows(context.Options.Settings.Near));
    }

    public static QualityCheckKind Kind { get; } = new("near", "near duplicates",
        "one pass, then one over its own records; on scratch files 4 bytes a shingle and 8 bytes a band and row, in memory 12 bytes a row", static c => new NearDuplicates(c))
    {
        Remedies = [new("near", "drops rows that are nearly the same as an earlier one")],
    };

    public override object? Find(QualityRow row)
    {
        var own = scratch.Value!;
        var words = own.Words;
        words.Clear();
        words.Add(row.SaidInPrompt);
        var before = words.Count;
        words.Add(row.SaidInAnswer);
        if (words.Count == 0) return null;
        var label = words.Count - before is var answer && answer < LongAnswer ? words.Gram(before, answer) | 1 : 0;
        if (CallsOf(row) is { } calls) label = Mixing.Bits(calls, label);
        var count = ShingleSet.Of(words, context.Options.Settings.Shingle, ref own.Shingles);
        var signature = new uint[MinHash.Size];
        MinHash.Sign(own.Shingles.AsSpan(0, count), signature);
        return new Signed(label, own.Shingles.AsSpan(0, Math.Min(count, ShingleSet.Most)).ToArray(), signature);
    }

    public override string? Look(QualityRow row)
    {
        if (row.Found<Signed>(this) is { } text) index.Add(row.Id, new NearIndex.Text(row.Key, text.Label), text.Shingles, text.Signature);
        return null;
    }

    public override IEnumerable<Concern> Late(RowMarks gone, CancellationToken cancel)
    {
        clusters = new NearClusters(index, context.Options.Settings.Near, context.Ledger.Count);
        clusters.Find(gone, cancel);
        foreach (var (id, other, similarity) in clusters.Duplicates())
        {
            // In a report, what says the very same is found by another check.
            if (similarity is null && context.Remedy is null) continue;
            var place = context.Ledger.PlaceOf(other, id);
            yield return new Concern(id, similarity switch
            {
                null => $"says the same as {place}",
                { } s when s >= context.Options.Settings.Near => string.Create(CultureInfo.InvariantCulture, $"shares {Math.Floor(s * 100)} % of its shingles with {place}"),
                _ => $"is joined to {place} by rows that are nearly the same as both",
            }, other);
        }
    }

    public override QualitySummary Summarise(long concerned, long rows)
    {
        var share = rows == 0 ? 0 : (double)concerned / rows;
        var near = context.Options.Settings.Near.ToString("P0", CultureInfo.InvariantCulture);
        return new QualitySummary(
            concerned == 0 ? QualitySeverity.Fine : share < 0.02 ? QualitySeverity.Note : QualitySeverity.Warning,
            concerned == 0 ? $"no two rows share {near} of their {context.Options.Settings.Shingle}-word shingles"
                : $"{concerned.Grouped()} of {rows.Grouped()} rows share {near} of their {context.Options.Settings.Shingle}-word shingles with an earlier one or more ({clusters!.Count.Grouped()} clusters, the largest of {clusters.Largest.Grouped()} rows)")
        {
            Figures = [("clusters", clusters?.Count ?? 0), ("largest_cluster", clusters?.Largest ?? 0), ("candidates", clusters?.Candidates ?? 0), ("similarity", context.Options.Settings.Near)],
        };
    }

    public override void Dispose()
    {
        index.Dispose();
        scratch.Dispose();
        base.Dispose();
    }

    // What is called, with the very arguments, in the form of RowKey; null where nothing is.
    private static ulong? CallsOf(QualityRow row)
    {
        var (hash, any) = (new TextHash(), false);
        foreach (var function in row.Chat.Turns.Where(static t => t.Trained).SelectMany(ChatStrings.Functions))
        {
            hash.Part('+', function?.ToJsonString() ?? "");
            any = true;
        }
        return any ? hash.Value : null;
    }

    // What a row is known by: see NearIndex.
    private sealed record Signed(ulong Label, uint[] Shingles, uint[] Signature);

    private sealed class Scratch
    {
        public readonly WordHashes Words = new();
        public uint[] Shingles = new uint[256];
    }
}
