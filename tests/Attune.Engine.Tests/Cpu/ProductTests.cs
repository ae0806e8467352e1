namespace Attune.Engine.Tests.Cpu;

public class ProductTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Equals_the_specification_at_every_size(bool transposeA, bool transposeB)
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var m in Sweep.Sizes)
                foreach (var n in Sweep.Sizes)
                    foreach (var k in Sweep.Sizes)
                        if (Sweep.Full || (m + n + k) % 3 == 0)
                            ProductCheck.One(cpu, DType.F32, m, n, k, transposeA, transposeB, 0.5f, (m + n + k) % 2 == 0 ? 0 : -1.5f);
    }

    [Theory]
    [InlineData(DType.BF16)]
    [InlineData(DType.F16)]
    public void Reads_weights_in_their_format(DType type)
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var m in new[] { 1, 4, 5, 33 })
                foreach (var transposed in new[] { false, true })
                    ProductCheck.One(cpu, type, m, 67, 130, false, transposed, 1, 0);
    }

    /// <summary>Blocks of 32 and 256 are cut anywhere by the products' own blocks: 1280 is summed in two halves of 640.</summary>
    [Theory]
    [InlineData(DType.Q8_0, 96, 96)]
    [InlineData(DType.Q4_0, 96, 160)]
    [InlineData(DType.Q5_0, 96, 32)]
    [InlineData(DType.Q5_1, 96, 64)]
    [InlineData(DType.Q4_K, 1280, 256)]
    [InlineData(DType.Q5_K, 256, 768)]
    [InlineData(DType.Q6_K, 1280, 256)]
    [InlineData(DType.Int8, 192, 128)]
    [InlineData(DType.NF4, 192, 128)]
    [InlineData(DType.NF4, 832, 64)]
    public void Reads_weights_in_blocks(DType type, int k, int n)
    {
        // Rows of NF4 begin with a head: there are no gaps between parts of them.
        var block = type == DType.NF4 ? 0 : type.BlockElements();
        foreach (var cpu in Sweep.Widths())
            foreach (var m in new[] { 1, 4, 5, 33 })
                foreach (var transposed in new[] { false, true })
                    ProductCheck.One(cpu, type, m, n, k, false, transposed, 1, 0, block);
    }

    [Fact]
    public void Sums_over_many_k_blocks_and_strips()
    {
        foreach (var cpu in Sweep.Widths())
        {
            ProductCheck.One(cpu, DType.F32, 70, 800, 1100, false, true, 1, 0);
            ProductCheck.One(cpu, DType.F32, 3, 600, 4500, false, true, 1, 1);
            ProductCheck.One(cpu, DType.F32, 300, 20, 1030, true, false, 1, 1);
        }
    }
}
