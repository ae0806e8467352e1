namespace Attune.Augmentation;

/// <summary>What became of every row that an augmenter was to make.</summary>
internal sealed class Tally(IReadOnlyList<Augmenter> augmenters)
{
    private readonly Dictionary<string, (int Tried, int Dropped, Dictionary<string, int> Reasons)> counts = augmenters.ToDictionary(static a => a.Name, static _ => (0, 0, new Dictionary<string, int>(StringComparer.Ordinal)), StringComparer.Ordinal);

    /// <summary>One is to be made.</summary>
    public void Try(Augmenter by)
    {
        var (tried, dropped, reasons) = counts[by.Name];
        counts[by.Name] = (tried + 1, dropped, reasons);
    }

    /// <summary>It was not, or went again.</summary>
    public void Drop(Augmenter by, string reason)
    {
        var (tried, dropped, reasons) = counts[by.Name];
        reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
        counts[by.Name] = (tried, dropped + 1, reasons);
    }

    /// <summary>By augmenter, in their order.</summary>
    public IReadOnlyList<AugmenterResult> Results =>
    [
        .. augmenters.Select(a => (a.Name, Counts: counts[a.Name])).Select(static a => new AugmenterResult(
            a.Name, a.Counts.Tried, a.Counts.Tried - a.Counts.Dropped, [.. a.Counts.Reasons.OrderByDescending(static r => r.Value).ThenBy(static r => r.Key, StringComparer.Ordinal).Select(static r => (r.Key, r.Value))])),
    ];
}
