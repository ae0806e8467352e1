using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Attune.Hardware;

/// <summary>What this process may use of the machine it runs on: limits of a container count, not what the hardware would have.</summary>
public sealed record Machine
{
    /// <summary>Cores that this process may run on at once, by affinity and by a container's quota.</summary>
    public required int Cores { get; init; }

    /// <summary>Width of the widest vector that the runtime uses: 512, 256, 128, or 0 for none.</summary>
    public required int SimdBits { get; init; }

    /// <summary>Bytes of memory that this process could have at most.</summary>
    public required long TotalMemory { get; init; }

    /// <summary>Bytes of memory that are free for this process now, counting caches that the system would give up.</summary>
    public required long FreeMemory { get; init; }

    /// <summary>The container's limit on memory in bytes; null where there is none.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Operating system and processor kind: <c>Debian GNU/Linux 12, x64</c>.</summary>
    public string System { get; } = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";

    /// <summary>The runtime: <c>.NET 10.0.1</c>.</summary>
    public string Runtime { get; } = RuntimeInformation.FrameworkDescription;

    /// <summary>Looks at the machine now.</summary>
    public static Machine Inspect() => Inspect("/");

    /// <summary>Free bytes for this user on the disk that holds a path (or will hold it); null where the system does not tell.</summary>
    public static long? FreeDisk(string path)
    {
        try
        {
            var folder = Path.GetFullPath(path);
            while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
                folder = parent;
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <param name="root">Where /proc and /sys are.</param>
    internal static Machine Inspect(string root)
    {
        var gc = GC.GetGCMemoryInfo();
        var group = ControlGroup.Read(root);
        var total = group.MemoryLimit is { } limit ? Math.Min(limit, gc.TotalAvailableMemoryBytes) : gc.TotalAvailableMemoryBytes;
        var free = MemAvailable(Path.Combine(root, "proc/meminfo")) ?? Math.Max(0, gc.TotalAvailableMemoryBytes - gc.MemoryLoadBytes);
        return new()
        {
            Cores = Environment.ProcessorCount,
            SimdBits = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 0,
            TotalMemory = total,
            FreeMemory = Math.Min(free, group.MemoryLimit is { } most ? Math.Max(0, most - group.MemoryUsed) : long.MaxValue),
            MemoryLimit = group.MemoryLimit,
        };
    }

    private static long? MemAvailable(string path)
    {
        try
        {
            var line = File.ReadLines(path).FirstOrDefault(l => l.StartsWith("MemAvailable:", StringComparison.Ordinal));
            var kilobytes = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1);
            return long.TryParse(kilobytes, NumberStyles.None, CultureInfo.InvariantCulture, out var v) && v < long.MaxValue / 1024 ? v * 1024 : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
