using System.Globalization;

namespace Attune.Hardware;

/// <summary>The memory limit that Linux control groups (version 2 or 1) put on this process: the lowest on the way from its group to the root.</summary>
/// <param name="MemoryLimit">Bytes; null where no group limits it.</param>
/// <param name="MemoryUsed">Bytes used in the group with that limit, without file caches that can be dropped.</param>
internal sealed record ControlGroup(long? MemoryLimit, long MemoryUsed)
{
    // Version 1 says "no limit" by a number near the largest one.
    private const long NoLimit = 1L << 60;

    public static ControlGroup Read(string root)
    {
        var found = new ControlGroup(null, 0);
        foreach (var line in Lines(Path.Combine(root, "proc/self/cgroup")))
        {
            // hierarchy:controllers:path; version 2 has the hierarchy 0 and no controllers.
            var parts = line.Split(':', 3);
            if (parts.Length != 3)
                continue;
            var second = parts[0] == "0" && parts[1].Length == 0;
            if (!second && !parts[1].Split(',').Contains("memory"))
                continue;
            var mount = Path.Combine(root, second ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
            // In a container the path may be the host's, while the mount shows the container's own group as its root: then only the root is found.
            for (var path = parts[2].Trim('/'); ; path = Path.GetDirectoryName(path) ?? "")
            {
                if (Group(Path.Combine(mount, path), second) is { } g && (found.MemoryLimit is null || g.MemoryLimit < found.MemoryLimit))
                    found = g;
                if (path.Length == 0)
                    break;
            }
        }

        return found;
    }

    private static ControlGroup? Group(string folder, bool second)
    {
        if (Number(Path.Combine(folder, second ? "memory.max" : "memory.limit_in_bytes")) is not { } limit || limit >= NoLimit)
            return null;
        var used = Number(Path.Combine(folder, second ? "memory.current" : "memory.usage_in_bytes")) ?? 0;
        var key = second ? "inactive_file " : "total_inactive_file ";
        var cache = Lines(Path.Combine(folder, "memory.stat")).FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
        var droppable = cache is not null && long.TryParse(cache[key.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var c) ? c : 0;
        return new(limit, Math.Max(0, used - droppable));
    }

    private static long? Number(string path) =>
        long.TryParse(Lines(path).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var v) ? v : null;

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
