using FsCheck;
using FsCheck.Fluent;

namespace Attune.Engine.Tests;

public class ArenaTests
{
    private const int Capacity = 1 << 20;

    // A request takes up to 4 KB where it is positive, and otherwise gives back one of the ranges that are held.
    private static readonly Arbitrary<int[]> Requests = Gen.Choose(-4096, 4096).ArrayOf().ToArbitrary();

    [Fact]
    public void Ranges_never_overlap_and_all_merge_at_the_end() => Prop.ForAll(Requests, static requests =>
    {
        using var arena = Arena.OfBytes(Capacity);
        var held = new List<Block>();
        foreach (var _ in Replay(arena, requests, held))
        {
            var sorted = held.OrderBy(static b => b.Offset).ToList();
            for (var i = 0; i < sorted.Count; i++)
            {
                Assert.Equal(0, sorted[i].Offset % Arena.Alignment);
                Assert.True(sorted[i].Offset + sorted[i].Bytes <= (i + 1 < sorted.Count ? sorted[i + 1].Offset : arena.Peak));
            }
            Assert.Equal(held.Sum(static b => b.Bytes), arena.InUse);
        }
        held.ForEach(static b => b.Release());
        Assert.Equal(0, arena.InUse);
        Assert.Equal(0, arena.Take(Capacity).Offset);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_same_requests_get_the_same_addresses_with_and_without_memory() => Prop.ForAll(Requests, static requests =>
    {
        using var real = Arena.OfBytes(Capacity);
        using var pretended = Arena.Pretended();
        Assert.Equal(Replay(real, requests, []), Replay(pretended, requests, []));
        Assert.Equal(real.Peak, pretended.Peak);
    }).QuickCheckThrowOnFailure();

    /// <summary>The guarantee that plans of varying shapes rest on: the same order of requests, each no larger, has no higher peak.</summary>
    [Fact]
    public void Stacked_smaller_requests_never_need_more() => Prop.ForAll(Requests, Gen.Choose(1, 100).ArrayOf().ToArbitrary(), static (requests, shrink) =>
    {
        using var planned = Arena.Pretended();
        using var measured = Arena.Pretended();
        using (planned.Stacked())
            Assert.All(Replay(planned, requests, []), static _ => { });
        int[] smaller = [.. requests.Select((r, i) => r > 0 ? Math.Max(1, r * (shrink.Length == 0 ? 100 : shrink[i % shrink.Length]) / 100) : r)];
        using (measured.Stacked())
            Assert.All(Replay(measured, smaller, []), static _ => { });
        Assert.True(measured.Peak <= planned.Peak, $"{measured.Peak} of {planned.Peak}");
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Stacked_ranges_lie_behind_all_that_are_held_and_first_fit_comes_back()
    {
        using var arena = Arena.OfBytes(1024);
        var (low, high) = (arena.Take(64), arena.Take(64));
        low.Release();
        using (arena.Stacked())
        {
            Assert.Equal(128, arena.Take(64).Offset);
            Assert.Throws<ArenaExhaustedException>(() => arena.Take(1024 - 128));
        }
        Assert.Equal(0, arena.Take(64).Offset);
        Assert.Equal(64, high.Offset);
        using (arena.Stacked())
            arena.Take(1024 - 192);
        // Full at its end: nothing is left for stacking, whatever holes there are.
        high.Release();
        using (arena.Stacked())
            Assert.Throws<ArenaExhaustedException>(() => arena.Take(64));
    }

    [Fact]
    public void A_request_that_does_not_fit_is_refused_and_changes_nothing()
    {
        using var arena = Arena.OfBytes(1024);
        var block = arena.Take(1000);
        Assert.Throws<ArenaExhaustedException>(() => arena.Take(1));
        Assert.Equal(1024, arena.InUse);
        block.Release();
        Assert.Equal(0, arena.Take(1024).Offset);
    }

    [Fact]
    public void A_range_is_not_given_back_twice()
    {
        using var arena = Arena.OfBytes(1024);
        var block = arena.Take(64);
        block.Release();
        Assert.Throws<InvalidOperationException>(block.Release);
    }

    private static IEnumerable<long> Replay(Arena arena, int[] requests, List<Block> held)
    {
        foreach (var request in requests)
        {
            if (request > 0)
                held.Add(arena.Take(request));
            else if (held.Count > 0)
            {
                var index = -request % held.Count;
                held[index].Release();
                held.RemoveAt(index);
            }
            yield return held.Count > 0 ? held[^1].Offset : -1;
        }
    }
}
