using System.Diagnostics;
using System.Globalization;

namespace Attune.Runs;

/// <summary>Names of those who work on trials, by which a process sees that another one on its machine is dead, and need not wait for the lease to end.</summary>
internal static class SearchOwner
{
    // Machines made from one image may share a name, containers count processes each from 1: what is told apart is the system since it was started, and the space of its process numbers.
    private static readonly string Here = $"{Environment.MachineName}{Boot()}{ProcessSpace()}";

    /// <summary>A name for a worker of this process that nobody else has or had.</summary>
    public static string New(int worker) => string.Create(CultureInfo.InvariantCulture, $"{Here}|{Environment.ProcessId}|{Guid.NewGuid():N}|{worker}");

    /// <summary>Whether an owner was a process of this machine that has ended.</summary>
    public static bool IsDead(string owner)
    {
        var parts = owner.Split('|');
        return parts.Length == 4 && parts[0] == Here && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id != Environment.ProcessId && !Lives(id);
    }

    private static bool Lives(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string Boot() => OfLinux(static () => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim());

    private static string ProcessSpace() => OfLinux(static () => new FileInfo("/proc/self/ns/pid").LinkTarget);

    private static string OfLinux(Func<string?> read)
    {
        try
        {
            return OperatingSystem.IsLinux() ? read() ?? "" : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
