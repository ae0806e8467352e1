namespace Attune.Engine;

/// <summary>
/// Hands out ranges of one storage and takes them back, always in the same way: the same sequence of requests gives the same
/// addresses, on real memory and on pretended memory. That is why a plan made on pretended memory is exact.
/// </summary>
/// <remarks>
/// First fit over a list of free ranges, neighbours merged on return; or, within <see cref="Stacked"/>, behind all that is held.
/// Ranges are multiples of <see cref="Alignment"/> bytes.
/// Not thread-safe: one thread builds the tape.
/// </remarks>
public sealed class Arena : IDisposable
{
    /// <summary>A cache line: no two tensors share one.</summary>
    public const int Alignment = 64;

    private readonly Storage storage;
    private readonly List<(long Start, long End)> free = [];
    private readonly long capacity;
    private bool stacked;

    /// <summary>An arena over <paramref name="storage"/>, which it owns.</summary>
    public Arena(Storage storage)
    {
        this.storage = storage;
        capacity = storage.Bytes / Alignment * Alignment;
        free.Add((0, capacity));
    }

    /// <summary>An arena of real memory.</summary>
    /// <param name="bytes">What a plan found to be the peak.</param>
    public static Arena OfBytes(long bytes) => new(Storage.Native((bytes + Alignment - 1) / Alignment * Alignment));

    /// <summary>An unbounded arena without memory, for planning.</summary>
    public static Arena Pretended() => new(Storage.Pretend());

    /// <summary>Bytes handed out at the moment.</summary>
    public long InUse { get; private set; }

    /// <summary>The highest end of any range ever handed out: the size of the storage that would have been enough.</summary>
    public long Peak { get; private set; }

    /// <summary>True where no memory stands behind the addresses.</summary>
    public bool IsPretend => storage.IsPretend;

    /// <summary>True within <see cref="Stacked"/>.</summary>
    internal bool IsStacked => stacked;

    /// <summary>
    /// Until the result is disposed every range is taken behind all that are held. Holes are left open, but the peak cannot grow where
    /// a request shrinks: each start is a largest sum of sizes, over ranges that the order of requests alone decides. First fit has no
    /// such bound. For work whose shapes vary below those that were planned.
    /// </summary>
    public StackedRequests Stacked() => new(this);

    /// <summary>Takes a range; it holds one reference.</summary>
    /// <exception cref="ArenaExhaustedException">No free range is long enough.</exception>
    public Block Take(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        var size = Math.Max(Alignment, (bytes + Alignment - 1) / Alignment * Alignment);
        return new Block(this, storage, Reserve(size), size);
    }

    /// <inheritdoc />
    public void Dispose() => storage.Dispose();

    /// <summary>Takes <paramref name="size"/> bytes, a multiple of <see cref="Alignment"/>; returns where they begin.</summary>
    internal long Reserve(long size)
    {
        for (var i = stacked ? Math.Max(0, free.Count - 1) : 0; i < free.Count; i++)
        {
            var (start, end) = free[i];
            if (end - start < size || (stacked && end < capacity))
                continue;
            if (end - start == size)
                free.RemoveAt(i);
            else
                free[i] = (start + size, end);
            InUse += size;
            Peak = Math.Max(Peak, start + size);
            return start;
        }
        throw new ArenaExhaustedException(size, InUse, storage.Bytes);
    }

    internal bool Stack(bool on)
    {
        var before = stacked;
        stacked = on;
        return before;
    }

    internal void Return(Block block)
    {
        var (start, end) = (block.Offset, block.Offset + block.Bytes);
        InUse -= block.Bytes;
        // The first free range behind this one, by binary search: the list is sorted by start.
        int low = 0, high = free.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (free[middle].Start < start) low = middle + 1;
            else high = middle;
        }
        var joinsBefore = low > 0 && free[low - 1].End == start;
        var joinsAfter = low < free.Count && free[low].Start == end;
        if (joinsBefore && joinsAfter)
        {
            free[low - 1] = (free[low - 1].Start, free[low].End);
            free.RemoveAt(low);
        }
        else if (joinsBefore)
            free[low - 1] = (free[low - 1].Start, end);
        else if (joinsAfter)
            free[low] = (start, free[low].End);
        else
            free.Insert(low, (start, end));
    }
}

/// <summary>The time in which an arena stacks its ranges; see <see cref="Arena.Stacked"/>.</summary>
public readonly struct StackedRequests : IDisposable
{
    private readonly Arena arena;
    private readonly bool before;

    internal StackedRequests(Arena arena) => (this.arena, before) = (arena, arena.Stack(true));

    /// <summary>Goes back to what held before.</summary>
    public void Dispose() => arena.Stack(before);
}

/// <summary>A range of an <see cref="Arena"/>, counted: it goes back when the last holder lets go.</summary>
public sealed class Block
{
    private readonly Arena? arena;

    internal Block(Arena? arena, Storage storage, long offset, long bytes) =>
        (this.arena, Storage, Offset, Bytes) = (arena, storage, offset, bytes);

    /// <summary>What the range lies in.</summary>
    public Storage Storage { get; }

    /// <summary>First byte, counted from the start of the storage; another one after the contents were away.</summary>
    public long Offset { get; private set; }

    /// <summary>Length in bytes.</summary>
    public long Bytes { get; }

    /// <summary>How many hold on to it.</summary>
    public int References { get; private set; } = 1;

    /// <summary>False for memory that someone outside keeps.</summary>
    internal bool InArena => arena is not null;

    /// <summary>How many recorded operations need its present contents; while any does, nothing may be written in place.</summary>
    internal int Savers { get; set; }

    /// <summary>The recorded operation that can write the present contents again; null where they must be kept.</summary>
    internal Autograd.Op? Maker { get; set; }

    /// <summary>Whether the contents are a value that flows between operations, rather than what an operation keeps for itself.</summary>
    internal bool Flows { get; set; }

    /// <summary>Whether an operation forbids to round the contents.</summary>
    internal bool Exact { get; set; }

    /// <summary>False while the range is given back although there are holders, and the contents are to be had in another way.</summary>
    internal bool InMemory { get; private set; } = true;

    /// <summary>Takes a further hold on the range.</summary>
    public void Retain() => References++;

    /// <summary>Lets go; the last holder returns the range to the arena.</summary>
    public void Release()
    {
        if (References <= 0)
            throw new InvalidOperationException("a block of the arena was released more often than it was retained");
        if (--References == 0 && InMemory)
            arena?.Return(this);
    }

    /// <summary>Gives the range back and keeps the holders: their tensors may not be read until <see cref="TakeBack"/>.</summary>
    internal void GiveUp()
    {
        InMemory = false;
        arena!.Return(this);
    }

    /// <summary>Takes a range again, maybe another one; not cleared. Every tensor over the block is over the new range then.</summary>
    internal void TakeBack()
    {
        Offset = arena!.Reserve(Bytes);
        InMemory = true;
    }
}

/// <summary>The arena has no free range of the size asked for. With an exact plan this is a bug, not a user's mistake.</summary>
public sealed class ArenaExhaustedException(long asked, long inUse, long capacity)
    : Exception($"the arena of {capacity} bytes has no free range of {asked} bytes ({inUse} in use)");
