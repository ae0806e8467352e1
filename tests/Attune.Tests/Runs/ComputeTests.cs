using Attune.Engine.Backends;
using Attune.Problems;
using Attune.Runs;

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
        Assert.SkipUnless(CpuBackend.Supports(ProductType.BF16), "the processor has no AVX512_BF16, or native calls are switched off");
        Assert.Same(cpu, CpuBackend.Shared(2, ProductType.BF16).Exact);
        Assert.Equal(ProductType.F32, new DryRunBackend(CpuBackend.Shared(2, ProductType.BF16)).Exact.Products);
    }
}
