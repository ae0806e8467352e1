using System.Runtime.InteropServices;

namespace Attune.Engine.Platform;

/// <summary>
/// Every call into the operating system, each with a managed fallback. <c>ATTUNE_MANAGED=1</c> turns all of them off: the program
/// then runs on what .NET alone offers, a little slower, with the same results.
/// </summary>
public static partial class Os
{
    private const int MadviseHugePages = 14;
    private const int MadviseDontNeed = 4;

    /// <summary>Whether <see cref="ReleaseMapped"/> does anything here.</summary>
    public static bool ReleasesMapped => NativeCalls && OperatingSystem.IsLinux();

    /// <summary>
    /// Takes the pages of a file that is mapped and shared out of this process: what was written stays with the file and comes back when
    /// it is read. Never for memory that has no file behind it, whose contents would be gone. Only pages that lie in the range as a
    /// whole: its neighbours may still be in use.
    /// </summary>
    public static void ReleaseMapped(nint address, long bytes)
    {
        if (!ReleasesMapped)
            return;
        var page = Environment.SystemPageSize;
        var start = (address + page - 1) / page * page;
        var end = (address + (nint)bytes) / page * page;
        if (end > start)
            _ = madvise(start, (nuint)(end - start), MadviseDontNeed);
    }

    /// <summary>False where <c>ATTUNE_MANAGED</c> is set: no native call is made.</summary>
    public static bool NativeCalls { get; } = Environment.GetEnvironmentVariable("ATTUNE_MANAGED") is not { Length: > 0 };

    /// <summary>Asks for huge pages behind a range; a wish, without effect elsewhere than on Linux.</summary>
    public static void AdviseHugePages(nint address, long bytes)
    {
        if (NativeCalls && OperatingSystem.IsLinux())
            _ = madvise(address, (nuint)bytes, MadviseHugePages);
    }

    /// <summary>The processors that this process may use, by number; 0 … n − 1 where the system does not say.</summary>
    public static unsafe int[] AllowedProcessors()
    {
        var all = Enumerable.Range(0, Environment.ProcessorCount).ToArray();
        if (!NativeCalls || !OperatingSystem.IsLinux())
            return all;
        const int words = 16;
        var mask = stackalloc ulong[words];
        if (sched_getaffinity(0, words * sizeof(ulong), mask) != 0)
            return all;
        var allowed = new List<int>();
        for (var i = 0; i < words * 64; i++)
        {
            if ((mask[i / 64] >> (i % 64) & 1) != 0)
                allowed.Add(i);
        }
        return allowed.Count == 0 ? all : [.. allowed];
    }

    /// <summary>Keeps the calling thread on one processor; a wish.</summary>
    public static unsafe void PinThread(int processor)
    {
        const int words = 16;
        if (!NativeCalls || !OperatingSystem.IsLinux() || processor >= words * 64)
            return;
        var mask = stackalloc ulong[words];
        for (var i = 0; i < words; i++)
            mask[i] = 0;
        mask[processor / 64] = 1UL << (processor % 64);
        _ = sched_setaffinity(0, words * sizeof(ulong), mask);
    }

    /// <summary>The largest resident size that this process has had, in bytes, or its present working set where the system keeps no peak.</summary>
    public static long PeakResidentBytes()
    {
        if (OperatingSystem.IsLinux() && File.Exists("/proc/self/status"))
        {
            foreach (var line in File.ReadLines("/proc/self/status"))
            {
                if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                    return Kilobytes(line);
            }
        }
        return Environment.WorkingSet;
    }

    /// <summary>
    /// Lets <see cref="PeakResidentBytes"/> begin anew from what is resident now; a wish, without effect elsewhere than on Linux.
    /// </summary>
    public static void RestartPeakResident()
    {
        if (!NativeCalls || !OperatingSystem.IsLinux())
            return;
        try
        {
            // 5: the peak of the resident size (proc(5), since Linux 4.0).
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The peak since the start is then what there is.
        }
    }

    // "Name:   123 kB"
    private static long Kilobytes(string line) =>
        long.Parse(line.AsSpan(line.IndexOf(':', StringComparison.Ordinal) + 1).Trim().TrimEnd("kB").Trim(), System.Globalization.CultureInfo.InvariantCulture) * 1024;

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nuint length, int advice);

    [LibraryImport("libc")]
    private static unsafe partial int sched_getaffinity(int pid, nuint size, ulong* mask);

    [LibraryImport("libc")]
    private static unsafe partial int sched_setaffinity(int pid, nuint size, ulong* mask);
}
