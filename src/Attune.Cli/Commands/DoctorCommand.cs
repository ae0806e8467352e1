using System.CommandLine;
using System.Globalization;
using Attune.Hardware;
using Attune.Reports;
using Spectre.Console;

namespace Attune.Cli.Commands;

/// <summary><c>attune doctor</c>: what this machine offers to a run, and what of it is worth a remark.</summary>
internal static class DoctorCommand
{
    private const long LittleMemory = 1_000_000_000, LittleDisk = 1_000_000_000;

    public static Command Create(CommandHost host) => host.Bind(
        new Command("doctor", "Shows what this machine offers: cores, vector width, memory, disk, limits."), c =>
        {
            var machine = Machine.Inspect();
            var here = Directory.GetCurrentDirectory();
            var disk = Machine.FreeDisk(here);
            var remarks = Remarks(machine, disk).ToArray();
            c.Output.Result(
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("attune", Manifest.Version);
                    json.WriteString("system", machine.System);
                    json.WriteString("runtime", machine.Runtime);
                    json.WriteNumber("cores", machine.Cores);
                    json.WriteNumber("simd_bits", machine.SimdBits);
                    json.WriteNumber("memory_total", machine.TotalMemory);
                    json.WriteNumber("memory_free", machine.FreeMemory);
                    if (machine.MemoryLimit is { } limit)
                        json.WriteNumber("memory_limit", limit);
                    if (disk is { } free)
                        json.WriteNumber("disk_free", free);
                    json.WriteStartArray("remarks");
                    foreach (var remark in remarks)
                        json.WriteStringValue(remark);
                    json.WriteEndArray();
                    json.WriteEndObject();
                },
                console =>
                {
                    var grid = new Grid().AddColumn().AddColumn();
                    Row("Attune", Manifest.Version);
                    Row("System", machine.System);
                    Row("Runtime", machine.Runtime);
                    Row("Cores", machine.Cores.ToString(CultureInfo.InvariantCulture));
                    Row("Vectors", machine.SimdBits == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"{machine.SimdBits} bits ({machine.SimdBits / 32} floats at once)"));
                    Row("Memory", $"{Numbers.Bytes(machine.FreeMemory)} free of {Numbers.Bytes(machine.TotalMemory)}" + (machine.MemoryLimit is null ? "" : " (a container's limit)"));
                    Row("Disk", disk is { } free ? $"{Numbers.Bytes(free)} free at {here}" : "not known");
                    console.Write(grid);
                    console.WriteLine();
                    foreach (var remark in remarks.DefaultIfEmpty("Nothing stands in the way of a run."))
                        console.WriteLine(remark);

                    void Row(string name, string value) => grid.AddRow("[dim]" + name + "[/]", Markup.Escape(value));
                });
            return ExitCode.Done;
        });

    private static IEnumerable<string> Remarks(Machine machine, long? disk)
    {
        if (machine.SimdBits < 256)
            yield return "Vectors are narrow here (no AVX2): runs take several times as long.";
        if (machine.FreeMemory < LittleMemory)
            yield return $"Little memory is free ({Numbers.Bytes(machine.FreeMemory)}): close other programs, or set limits.memory for a run that fits.";
        if (disk < LittleDisk)
            yield return $"Little disk space is free here ({Numbers.Bytes(disk.Value)}): checkpoints may not fit.";
    }
}
