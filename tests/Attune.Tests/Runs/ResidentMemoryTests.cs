using System.Text.Json;

namespace Attune.Tests.Runs;

/// <summary>The plan against the process: what the system says was resident at the peak.</summary>
public class ResidentMemoryTests
{
    /// <summary>Within a tenth or 100 MB of the plan, as /proc/self/status counts it, for the model that comes with the repository.</summary>
    [Theory]
    [InlineData("lora")]
    [InlineData("full")]
    [Trait("SilentFailure", "6")]
    public async Task The_resident_peak_is_the_plan(string method)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux keeps the peak of the resident size (VmHWM)");
        using var tiny = new TinyModel();
        var support = Path.Combine(SharedData.RepositoryRoot, "recipes", "data", "support", "valid.jsonl");
        var (code, output, error) = await CliProcess.Read(
            "train", "--model", Path.Combine(SharedData.RepositoryRoot, "models", "attune-base"), "--data", support, "--method", method, "--output", tiny.FileOf("run"),
            "--max-steps", "3", "--micro-batch-tokens", "1024", "--batch-tokens", "1024", "--eval-rows", "8", "--max-new-tokens", "8", "--threads", "2", "--json");
        Assert.True(code == 0, error);
        var memory = JsonDocument.Parse(output).RootElement.GetProperty("memory");
        var (planned, peak) = (memory.GetProperty("planned").GetInt64(), memory.GetProperty("peak").GetInt64());
        TestContext.Current.SendDiagnosticMessage($"{method}: {peak / 1e6:F1} MB resident, {planned / 1e6:F1} MB planned");
        Assert.InRange(Math.Abs(peak - planned), 0, Math.Max(planned / 10, 100_000_000));
    }
}
