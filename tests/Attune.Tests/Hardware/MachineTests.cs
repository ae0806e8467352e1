using Attune.Hardware;

namespace Attune.Tests.Hardware;

public sealed class MachineTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("attune-machine-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    private void File(string path, string text)
    {
        var full = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        System.IO.File.WriteAllText(full, text);
    }

    [Fact]
    public void This_machine_has_something_to_offer()
    {
        var m = Machine.Inspect();
        Assert.InRange(m.Cores, 1, 4096);
        Assert.InRange(m.FreeMemory, 1 << 20, m.TotalMemory);
        Assert.Contains(m.SimdBits, (int[])[0, 128, 256, 512]);
        Assert.True(Machine.FreeDisk(Path.Combine(root, "not", "yet", "there")) > 0);
    }

    [Fact]
    public void The_lowest_limit_on_the_way_to_the_root_counts()
    {
        File("proc/meminfo", "MemTotal: 999999999 kB\nMemAvailable:    5000000 kB\n");
        File("proc/self/cgroup", "0::/a/b\n");
        File("sys/fs/cgroup/a/b/memory.max", "max\n");
        File("sys/fs/cgroup/a/memory.max", "1000000000\n");
        File("sys/fs/cgroup/a/memory.current", "600000000\n");
        File("sys/fs/cgroup/a/memory.stat", "anon 5\ninactive_file 200000000\n");
        var m = Machine.Inspect(root);
        Assert.Equal(1_000_000_000, m.MemoryLimit);
        Assert.Equal(600_000_000, m.FreeMemory);
        Assert.Equal(1_000_000_000, m.TotalMemory);
    }

    [Fact]
    public void The_older_hierarchy_is_read_too_and_its_huge_number_means_none()
    {
        File("proc/self/cgroup", "5:memory:/x\n0::/y\n");
        File("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "9223372036854771712\n");
        Assert.Null(Machine.Inspect(root).MemoryLimit);
        File("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "700000000\n");
        Assert.Equal(700_000_000, Machine.Inspect(root).MemoryLimit);
    }

    [Fact]
    public void Files_that_are_missing_or_odd_are_no_limit()
    {
        Assert.Null(Machine.Inspect(root).MemoryLimit);
        File("proc/self/cgroup", "nonsense\n0::\n::::\n");
        File("sys/fs/cgroup/memory.max", "-5\n");
        File("proc/meminfo", "MemAvailable: 99999999999999999999 kB\n");
        var m = Machine.Inspect(root);
        Assert.Null(m.MemoryLimit);
        Assert.InRange(m.FreeMemory, 0, m.TotalMemory);
    }
}
