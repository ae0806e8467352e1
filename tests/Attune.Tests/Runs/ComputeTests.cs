using Attune.Engine.Backends;
using Attune.Problems;
using Attune.Reports;
using Attune.Runs;
using Attune.Tests.Models;

namespace Attune.Tests.Runs;

/// <summary>What <c>train.compute</c> resolves to, here and on machines that are not here.</summary>
public class ComputeTests
{
    [Theory]
    [InlineData(null, true, ProductType.BF16)]
    [InlineData(null, false, ProductType.F32)]
    [InlineData(ProductType.F32, true, ProductType.F32)]
    [InlineData(ProductType.F32, false, ProductType.F32)]
    [InlineData(ProductType.BF16, true, ProductType.BF16)]
    public void Auto_takes_what_the_machine_has(ProductType? given, bool supported, ProductType chosen)
    {
        var (products, reason) = Compute.Choose(given, supported);
        Assert.Equal(chosen, products);
        Assert.NotEmpty(reason);
    }

    [Fact]
    public void What_the_machine_lacks_is_refused_with_the_remedy()
    {
        var e = Assert.Throws<UserErrorException>(static () => Compute.Choose(ProductType.BF16, false));
        Assert.Contains("train.compute", e.Message, StringComparison.Ordinal);
        Assert.Contains("AVX512_BF16", e.Message, StringComparison.Ordinal);
        Assert.Contains("f32", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evidence_is_measured_in_f32()
    {
        var cpu = CpuBackend.Shared(2);
        Assert.Same(cpu, cpu.Exact);
        var rounded = TestBackends.BF16(2);
        Assert.Same(cpu, rounded.Exact);
        Assert.Equal(ProductType.F32, new DryRunBackend(rounded).Exact.Products);
    }

    /// <summary>What the base does is the same number whatever trains it, and what trains differs.</summary>
    [Fact]
    public void A_run_in_bf16_measures_as_one_in_f32_does()
    {
        _ = TestBackends.BF16();
        using var tiny = new TinyModel();
        var (f32, bf16) = (tiny.Run("f32", "train.compute=f32"), tiny.Run("bf16", "train.compute=bf16"));
        Assert.Equal([.. f32.Record.Metrics.Select(static m => m.Before)], [.. bf16.Record.Metrics.Select(static m => m.Before)]);
        Assert.NotEqual(TinyModel.Bytes(f32.Saved), TinyModel.Bytes(bf16.Saved));
        Assert.Equal(("f32", "bf16"), (Products(f32), Products(bf16)));
    }

    private static string Products(RunResult run) => Manifest.Load(Path.Combine(run.Directory, "manifest.json")).Environment["products"];
}
