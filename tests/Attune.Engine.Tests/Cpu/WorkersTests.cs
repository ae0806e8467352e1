using Attune.Engine.Backends.Cpu;

namespace Attune.Engine.Tests.Cpu;

public class WorkersTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Every_tile_runs_once(int threads)
    {
        foreach (var tiles in new[] { 0, 1, 2, 1000 })
        {
            var counts = new int[tiles];
            var job = new Count { Counts = counts };
            Workers.Shared.Run(ref job, tiles, threads);
            Assert.All(counts, static c => Assert.Equal(1, c));
        }
    }

    [Fact]
    public void Callers_take_turns()
    {
        var total = new int[8];
        var callers = Enumerable.Range(0, 8).Select(i => new Thread(() =>
        {
            for (var round = 0; round < 200; round++)
            {
                var counts = new int[20];
                var job = new Count { Counts = counts };
                Workers.Shared.Run(ref job, 20, 3);
                total[i] += counts.Count(static c => c == 1);
            }
        })).ToArray();
        Array.ForEach(callers, static c => c.Start());
        Array.ForEach(callers, static c => c.Join());
        Assert.All(total, static t => Assert.Equal(4000, t));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_exception_of_a_tile_reaches_the_caller_and_the_pool_goes_on(int threads)
    {
        var job = new Fail();
        var error = Assert.Throws<InvalidOperationException>(() => Workers.Shared.Run(ref job, 50, threads));
        Assert.Equal("tile 17", error.Message);
        Every_tile_runs_once(threads);
    }

    [Fact]
    public void A_call_from_within_a_tile_runs_inline()
    {
        var job = new Nested { Counts = new int[30] };
        Workers.Shared.Run(ref job, 10, 3);
        Assert.All(job.Counts, static c => Assert.Equal(10, c));
    }

    [Fact]
    public void Parked_threads_wake_up()
    {
        for (var round = 0; round < 3; round++)
        {
            Thread.Sleep(100);
            Every_tile_runs_once(3);
        }
    }

    private struct Count : IJob
    {
        public int[] Counts;

        public readonly void Tile(int index) => Interlocked.Increment(ref Counts[index]);
    }

    private struct Fail : IJob
    {
        public readonly void Tile(int index)
        {
            if (index == 17)
                throw new InvalidOperationException("tile 17");
        }
    }

    private struct Nested : IJob
    {
        public int[] Counts;

        public readonly void Tile(int index)
        {
            var inner = new Count { Counts = Counts };
            Workers.Shared.Run(ref inner, Counts.Length, 3);
        }
    }
}
