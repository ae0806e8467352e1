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
