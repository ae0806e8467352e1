using Attune.Engine.Backends;

namespace Attune.Engine.Tests.Reference;

/// <summary>The specification against numbers worked out by hand.</summary>
public class ReferenceTests
{
    private static readonly ReferenceBackend<double> Backend = new();
    private static readonly Tensor None = Tensor.Allocate(DType.U8, 0, 0);

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Product_multiplies_adds_and_transposes(bool transposeA, bool transposeB)
    {
        var a = transposeA ? Of(3, 2, 1, 4, 2, 5, 3, 6) : Of(2, 3, 1, 2, 3, 4, 5, 6);
        var b = transposeB ? Of(2, 3, 1, 0, 2, 0, 1, 3) : Of(3, 2, 1, 0, 0, 1, 2, 3);
        var c = Of(2, 2, 10, 20, 30, 40);
        Backend.Matrix.Product(a, transposeA, b, transposeB, c, 2, 0.5f, None);
        Assert.Equal([2 * 7 + 5, 2 * 11 + 10, 2 * 16 + 15, 2 * 23 + 20], c.ToArray());
    }

    [Fact]
    public void A_factor_of_zero_does_not_read_the_target_and_an_empty_sum_is_zero()
    {
        var c = Of(1, 2, float.NaN, float.NaN);
        Backend.Matrix.Product(Of(1, 0), false, Of(0, 2), false, c, 1, 0, None);
        Assert.Equal([0, 0], c.ToArray());
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    [InlineData(DType.F16)]
    public void Weights_of_every_format_are_read(DType type)
    {
        var weight = Tensor.Allocate(type, 1, 2);
        weight.Write([1.5f, -2]);
        var y = Of(1, 1, 0);
        Backend.Matrix.Product(Of(1, 2, 3, 4), false, weight, true, y, 1, 0, None);
        Assert.Equal([-3.5f], y.ToArray());
        var x = Of(2, 2, 1, 2, 3, 4);
        Backend.Pointwise.AddBias(x, weight);
        Assert.Equal([2.5f, 0, 4.5f, 2], x.ToArray());
        Backend.Index.Gather(weight, Autograd.Inputs.Integers(0, 0), x);
        Assert.Equal([1.5f, -2, 1.5f, -2], x.ToArray());
        Backend.Pointwise.AddScaled(weight, 2, x.RowRange(1, 1), 1);
        Assert.Equal([1.5f, -2, 4.5f, -6], x.ToArray());
    }

    [Fact]
    public void Norms_agree_with_their_formulas()
    {
        var y = Of(1, 2, 0, 0);
        Backend.Norms.RmsNorm(Of(1, 2, 3, 4), Of(1, 2, 1, 2), 0, y, null);
        AssertClose([3 / Math.Sqrt(12.5), 8 / Math.Sqrt(12.5)], y);
        Backend.Norms.LayerNorm(Of(1, 2, 1, 5), Of(1, 2, 1, 2), Of(1, 2, 10, 20), 0, y, null, null);
        AssertClose([9, 22], y);
    }

    [Fact]
    public void Activations_agree_with_published_values()
    {
        var (x, y) = (Of(1, 3, 1, -1, 0), Of(1, 3, 0, 0, 0));
        Backend.Pointwise.Activate(Activation.Silu, x, y);
        AssertClose([0.7310585786300049, -0.2689414213699951, 0], y);
        Backend.Pointwise.Activate(Activation.Gelu, x, y);
        AssertClose([0.8413447460685429, -0.15865525393145707, 0], y);
        Backend.Pointwise.Activate(Activation.GeluTanh, x, y);
        AssertClose([0.8411919906082768, -0.15880800939172324, 0], y);
    }

    [Theory]
    [InlineData(0.5, 0.5204998778130465)]
    [InlineData(1, 0.8427007929497149)]
    [InlineData(-2, -0.9953222650189527)]
    [InlineData(3.5, 0.9999992569016276)]
    [InlineData(30, 1)]
    public void The_error_function_agrees_with_its_tables(double x, double value) =>
        Assert.Equal(value, ReferenceActivations<double>.Erf(x), 1e-15);

    [Fact]
    public void Cross_entropy_of_equal_logits_is_the_logarithm_of_their_number()
    {
        var (z, losses) = (Of(2, 4, 7, 7, 7, 7, 1e4f, 0, 0, 0), Of(1, 2, 0, 0));
        Backend.Loss.CrossEntropy(z, Autograd.Inputs.Integers(2, 1), Of(1, 2, 1, 0.5f), 2, losses, gradients: true);
        AssertClose([Math.Log(4), 0.5 * 1e4], losses);
        AssertClose([0.5, 0.5, -1.5, 0.5, 1, -1, 0, 0], z);
    }

    [Fact]
    public void The_first_step_of_AdamW_moves_by_the_learning_rate()
    {
        var (w, m, v) = (Of(1, 1, 1), Of(1, 1, 0), Of(1, 1, 0));
        Backend.Optimizer.AdamW(w, Of(1, 1, 2), m, v, new AdamWStep(0.125f, 0.9f, 0.999f, 0, 0.5f, 1, 0.25f));
        AssertClose([1 - 0.125 * 0.5 - 0.125], w);
        AssertClose([(1 - (double)0.9f) * 0.5], m);
        AssertClose([(1 - (double)0.999f) * 0.25], v);
    }

    [Fact]
    public void Sums_are_taken_over_all_elements_and_are_zero_on_pretended_memory()
    {
        Assert.Equal(-1, Backend.Optimizer.Sum(Of(2, 2, 1, 2, -3, -1)));
        Assert.Equal(15, Backend.Optimizer.SumOfSquares(Of(2, 2, 1, 2, -3, -1)));
        using var arena = Arena.Pretended();
        Assert.Equal(0, Backend.Optimizer.Sum(Tensor.Of(arena.Take(64), DType.F64, 1, 8)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void Rows_outside_the_table_are_refused(int row)
    {
        var (table, rows, y) = (Of(2, 1, 1, 2), Autograd.Inputs.Integers(row), Of(1, 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Backend.Index.Gather(table, rows, y));
        Assert.Throws<ArgumentOutOfRangeException>(() => Backend.Index.ScatterAdd(y, rows, table));
    }

    internal static Tensor Of(int rows, int cols, params float[] values)
    {
        var tensor = Tensor.Allocate(DType.F64, rows, cols);
        tensor.Write(values);
        return tensor;
    }

    internal static void AssertClose(double[] expected, Tensor actual)
    {
        Assert.Equal(expected.Length, actual.Count);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual.Read(i / actual.Cols, i % actual.Cols), 1e-7 * Math.Max(1, Math.Abs(expected[i])));
    }
}
