using System.Diagnostics;
using System.Reflection;
using Attune.Engine.Backends;
using Attune.Engine.Platform;

namespace Attune.Bench;

/// <summary>What of a report is worth a remark: figures that cannot be trusted, and a set-up that slows everything down.</summary>
public static class BenchNotices
{
    private const double Noisy = 0.1;

    // Of n times one thread.
    private const double Fed = 0.85;

    // Of the peak at the beginning.
    private const double Steady = 0.93;

    private const string HugePages = "/sys/kernel/mm/transparent_hugepage/enabled";

    /// <summary>One sentence each.</summary>
    public static IEnumerable<string> Of(BenchReport report) => [.. OfFigures(report), .. OfSetUp(report)];

    private static IEnumerable<string> OfFigures(BenchReport report)
    {
        if (report.Ceilings is not { } c)
            yield break;
        var noise = new[] { c.PeakOne, c.Peak, c.Read, c.Copy }.Max(static m => m.Time.Noise);
        if (noise > Noisy)
            yield return FormattableString.Invariant($"Something else uses this machine: half of the repeats of the same work were {100 * noise:F0} % slower than the fastest, and figures move by as much.");
        var threads = report.Options.Threads;
        var times = c.Peak.Rate / c.PeakOne.Rate;
        if (times < Fed * threads)
            yield return FormattableString.Invariant($"{threads} threads compute {times:F1} times what one does: cores are shared (two threads a core, a container's quota, other programs), or the clock falls where all work.");
        if (report.PeakAfter is { } after && after.Rate < Steady * c.Peak.Rate)
            yield return FormattableString.Invariant($"The processor was {100 * (1 - after.Rate / c.Peak.Rate):F0} % slower at the end than at the beginning: heat, a power limit, or other programs.");
    }

    private static IEnumerable<string> OfSetUp(BenchReport report)
    {
        if (report.LaneBits < 256 && System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64)
            yield return "Vectors are narrow here (no AVX2, or switched off by DOTNET_EnableAVX2): runs take several times as long.";
        if (report.Options.Threads > report.Machine.Cores)
            yield return $"{report.Options.Threads} threads share {report.Machine.Cores} cores: give --threads {report.Machine.Cores}.";
        if (!Os.NativeCalls)
            yield return "ATTUNE_MANAGED is set: threads are not kept on their cores and memory has small pages.";
        if (HugePagesAreOff())
            yield return $"The system gives no huge pages ({HugePages} says never): products are up to a tenth slower than with madvise.";
        if (typeof(Backend).Assembly.GetCustomAttribute<DebuggableAttribute>()?.IsJITOptimizerDisabled == true)
            yield return "This is a Debug build: build with -c Release.";
    }

    private static bool HugePagesAreOff()
    {
        try
        {
            return OperatingSystem.IsLinux() && File.Exists(HugePages) && File.ReadAllText(HugePages).Contains("[never]", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
