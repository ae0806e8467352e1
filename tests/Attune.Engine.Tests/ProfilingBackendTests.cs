using Attune.Engine.Backends;

namespace Attune.Engine.Tests;

/// <summary>Watching kernels changes nothing; counting tiles computes nothing.</summary>
public class ProfilingBackendTests
{
    [Fact]
    public void A_watched_kernel_computes_and_is_counted()
    {
        var watch = new ProfilingBackend(new CpuBackend(2));
        var (a, b, y) = (Of(1), Of(2), Of(0));
        watch.Pointwise.Add(a, b, y);
        watch.Pointwise.Add(a, y, y);
        Assert.Equal(4, y.Read(3, 5));
        var (key, total) = Assert.Single(watch.Profile.Totals);
        Assert.Equal(new KernelKey("Add", "40×64"), key);
        Assert.Equal((2, 2.0 * 2 * 40 * 64 * 4, 2.0 * 40 * 64 * 4), (total.Calls, total.Work.Read, total.Work.Written));
        Assert.True(total.Seconds > 0);
    }

    [Fact]
    public void Counted_tiles_are_not_computed_and_the_next_call_is()
    {
        var watch = new ProfilingBackend(new CpuBackend(64), countTiles: true);
        var (a, b, y) = (Of(1), Of(2), Of(0));
        watch.Pointwise.Add(a, b, y);
        Assert.Equal(0, y.Read(3, 5));
        var total = Assert.Single(watch.Profile.Totals).Value;
        Assert.True(total.Tiles > 0 && total.Seconds == 0);
        new CpuBackend(2).Pointwise.Add(a, b, y);
        Assert.Equal(3, y.Read(3, 5));
    }

    /// <summary>The whole cut of a product for 64 threads, without 64 threads.</summary>
    [Fact]
    public void A_large_product_feeds_many_threads()
    {
        var backend = new CpuBackend(64);
        var watch = new ProfilingBackend(backend, countTiles: true);
        var (x, w, c) = (Tensor.Allocate(DType.F32, 2048, 64), Tensor.Allocate(DType.F32, 1536, 64), Tensor.Allocate(DType.F32, 2048, 1536));
        var workspace = Tensor.Allocate(DType.U8, 1, (int)backend.Matrix.Workspace(2048, 1536, 64, false) + 64);
        watch.Matrix.Product(x, false, w, true, c, 1, 0, workspace);
        Assert.True(Assert.Single(watch.Profile.Totals).Value.Tiles >= 64);
    }

    [Fact]
    public void Peaks_do_the_work_that_they_report()
    {
        var peaks = new CpuPeaks(new CpuBackend(2));
        Assert.InRange(peaks.MultiplyAdd(20) / peaks.MultiplyAdd(10), 1.99, 2.01);
        if (CpuBackend.Supports(ProductType.BF16))
            Assert.True(new CpuPeaks(new CpuBackend(2, ProductType.BF16)).MultiplyAdd(16) > 0);
        var (from, to) = (Tensor.Allocate(DType.U8, 3, 1 << 20), Tensor.Allocate(DType.U8, 3, 1 << 20));
        from.RowBytes(2).Fill(7);
        Assert.Equal(3 << 20, peaks.Read(from));
        foreach (var pastCache in (bool[])[false, true])
        {
            to.Clear();
            Assert.Equal(6 << 20, peaks.Copy(from, to, pastCache));
            Assert.True(from.RowBytes(2).SequenceEqual(to.RowBytes(2)) && from.RowBytes(0).SequenceEqual(to.RowBytes(0)));
        }
        Assert.Throws<ArgumentException>(() => peaks.Read(Tensor.Allocate(DType.U8, 1, 100)));
    }

    private static Tensor Of(float value)
    {
        var tensor = Tensor.Allocate(DType.F32, 40, 64);
        tensor.Write(Enumerable.Repeat(value, 40 * 64).ToArray());
        return tensor;
    }
}
