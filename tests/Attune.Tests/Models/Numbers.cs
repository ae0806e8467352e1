using Attune.Engine;

namespace Attune.Tests.Models;

/// <summary>Comparisons of tensors: max|a − b| / max|b|, and 1e-7 in all where max|b| is below 1e-6.</summary>
internal static class Numbers
{
    public static double[] Of(Tensor tensor)
    {
        var values = new double[tensor.Count];
        for (var r = 0; r < tensor.Rows; r++)
        {
            for (var c = 0; c < tensor.Cols; c++)
                values[r * tensor.Cols + c] = tensor.Read(r, c);
        }
        return values;
    }

    public static void Close(IReadOnlyList<float> expected, IReadOnlyList<double> actual, double tolerance, string what)
    {
        Assert.Equal(expected.Count, actual.Count);
        double largest = 0, difference = 0;
        for (var i = 0; i < expected.Count; i++)
        {
            largest = Math.Max(largest, Math.Abs((double)expected[i]));
            // Not Math.Max alone: a NaN must not pass.
            var d = Math.Abs(expected[i] - actual[i]);
            difference = double.IsNaN(d) ? double.PositiveInfinity : Math.Max(difference, d);
        }
        var allowed = largest < 1e-6 ? 1e-7 : tolerance * largest;
        Assert.True(difference <= allowed, $"{what}: differs by {difference:E2}, allowed are {allowed:E2} (largest expected {largest:E2})");
    }

    public static void Close(Tensor expected, Tensor actual, double tolerance, string what) => Close(expected.ToArray(), Of(actual), tolerance, what);

    /// <summary>The very bits, rows one behind the other.</summary>
    public static byte[] Bits(Tensor tensor)
    {
        var bytes = new List<byte>();
        for (var r = 0; r < tensor.Rows; r++)
            bytes.AddRange(tensor.RowBytes(r));
        return [.. bytes];
    }
}
