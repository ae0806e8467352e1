using Attune.Engine.Backends;

namespace Attune.Bench;

/// <summary>One line of a profile.</summary>
/// <param name="Key">Kernel and shape.</param>
/// <param name="Total">Its calls.</param>
/// <param name="Share">Its part of all kernels' time.</param>
public sealed record ProfileRow(KernelKey Key, KernelTotal Total, double Share)
{
    /// <summary>The lines of a profile, the most time first; none of none.</summary>
    public static IReadOnlyList<ProfileRow> Of(KernelProfile? profile)
    {
        if (profile is null)
            return [];
        var all = profile.Totals.Values.Sum(static t => t.Seconds);
        return [.. profile.Totals.Select(t => new ProfileRow(t.Key, t.Value, t.Value.Seconds / all)).OrderByDescending(static r => r.Total.Seconds)];
    }

    /// <summary>Share, time, calls, rate, kernel and shape.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{100 * Share,5:F1} % {1000 * Total.Seconds,8:F1} ms {Total.Calls,5} calls  {Rate,-15} {Key.Kernel} {Key.Shape}");

    private string Rate => Total.Work.Operations > 0
        ? FormattableString.Invariant($"{Total.Work.Operations / Total.Seconds / 1e9:F0} GFLOP/s")
        : FormattableString.Invariant($"{Total.Work.Bytes / Total.Seconds / 1e9:F1} GB/s");
}
