using System.CommandLine;
using System.Globalization;
using Attune.Engine.Backends;
using Attune.Hardware;
using Attune.Reports;
using Spectre.Console;

namespace Attune.Cli.Commands;

/// <summary><c>attune doctor</c>: what this machine offers to a run, and what of it is worth a remark.</summary>
internal static class DoctorCommand
{
    private const long LittleMemory = 1_000_000_000, LittleDisk = 1_000_000_000;

    // A size that people begin with.
    private const long Usual = 135_000_000;

    public static Command Create(CommandHost host) => host.Bind(
        new Command("doctor", "Says what this machine can do: which sizes of models, how fast, and what stands in the way."), c =>
        {
            var machine = Machine.Inspect();
            var here = Directory.GetCurrentDirectory();
            var disk = Machine.FreeDisk(here);
            var ability = Ability.Measure(CpuBackend.Shared(), machine.FreeMemory);
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
                    json.WriteBoolean("bf16_products", CpuBackend.Supports(ProductType.BF16));
                    json.WriteNumber("memory_total", machine.TotalMemory);
                    json.WriteNumber("memory_free", machine.FreeMemory);
                    if (machine.MemoryLimit is { } limit)
                        json.WriteNumber("memory_limit", limit);
                    if (disk is { } free)
                        json.WriteNumber("disk_free", free);
                    json.WriteNumber("gflops", Math.Round(ability.Rate / 1e9, 1));
                    json.WriteNumber("largest_lora_parameters", ability.LargestForLora);
                    json.WriteNumber("largest_full_parameters", ability.LargestForFull);
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
                    Row("Products", CpuBackend.Supports(ProductType.BF16) ? "f32, and bf16 while training" : "f32 (bf16 needs AVX512_BF16 and vectors of 512 bits)");
                    Row("Speed", string.Create(CultureInfo.InvariantCulture, $"{ability.Rate / 1e9:F0} billion operations a second in matrix products, measured just now"));
                    Row("Memory", $"{Numbers.Bytes(machine.FreeMemory)} free of {Numbers.Bytes(machine.TotalMemory)}" + (machine.MemoryLimit is null ? "" : " (a container's limit)"));
                    Row("Disk", disk is { } free ? $"{Numbers.Bytes(free)} free at {here}" : "not known");
                    console.Write(grid);
                    console.WriteLine();
                    foreach (var sentence in Words(ability))
                        console.WriteLine(sentence);
                    console.WriteLine();
                    foreach (var remark in remarks.DefaultIfEmpty("Nothing stands in the way of a run."))
                        console.WriteLine(remark);

                    void Row(string name, string value) => grid.AddRow("[dim]" + name + "[/]", Markup.Escape(value));
                });
            return ExitCode.Done;
        });

    private static IEnumerable<string> Words(Ability a)
    {
        if (a.LargestForLora < 1_000_000)
        {
            yield return "There is not enough free memory to tune any model.";
            yield break;
        }
        yield return $"LoRA can tune models of up to about {Size(a.LargestForLora)} parameters here; all weights of one can be trained up to about {Size(a.LargestForFull)}.";
        var size = Math.Min(Usual, a.LargestForLora);
        yield return $"A model of {Size(size)} learns about {Numbers.Short(a.LoraTokens(size))} tokens a second with LoRA: a thousand rows of a hundred tokens take about {Progress.Time(TimeSpan.FromSeconds(100_000 / a.LoraTokens(size)))} a pass.";
        yield return "These are rules of thumb; attune plan says for your model and rows what a run takes.";
    }

    private static string Size(long parameters) => parameters >= 1_000_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e9:F1} billion")
        : string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e6:F0} million");

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
