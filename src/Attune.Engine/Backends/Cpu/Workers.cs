using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Attune.Engine.Platform;

namespace Attune.Engine.Backends.Cpu;

/// <summary>Independent tiles of one kernel call. Implemented by structs that live on the caller's stack.</summary>
internal interface IJob
{
    /// <summary>Computes tile <paramref name="index"/>; any thread, any order.</summary>
    void Tile(int index);
}

/// <summary>
/// The compute threads of the process. A call opens a gate, threads that come in time enter and take tiles from a counter, the
/// caller too; it waits for those that entered and for no others, so that a thread that the system has put aside holds nobody up.
/// </summary>
/// <remarks>
/// Threads without work spin, then yield, then park: an idle process uses no processor. Calls are serialised; a call from within a
/// tile runs inline. Nothing is allocated by a call.
/// </remarks>
internal sealed unsafe class Workers
{
    /// <summary>Bytes of <see cref="Scratch"/>.</summary>
    public const int ScratchBytes = 2 << 20;

    private const int Open = 1;
    private const int Inside = 2;
    private const int Epoch = 1 << 16;
    private const int SpinRounds = 200;
    private const int YieldRounds = 2000;

    [ThreadStatic]
    private static int slot;

    [ThreadStatic]
    private static bool insideTile;

    [ThreadStatic]
    private static TileCount? count;

    private readonly Lock calls = new();
    private readonly List<Helper> helpers = [];
    private readonly List<Storage> scratch = [Storage.Native(ScratchBytes)];
    private readonly bool pin;
    private Gate gate;

    private Workers(bool pin) => this.pin = pin;

    /// <summary>The pool of this process. <c>ATTUNE_PIN=0</c> leaves its threads to the scheduler, as beside other programs.</summary>
    public static Workers Shared { get; } = new(Environment.GetEnvironmentVariable("ATTUNE_PIN") != "0");

    /// <summary>Memory of this thread's own, for the length of one tile; not cleared.</summary>
    public byte* Scratch => (byte*)scratch[slot].Address;

    /// <summary>
    /// Runs every tile once, on at most <paramref name="threads"/> threads, and returns when all are done. The job must be a local
    /// variable of the caller. The first exception of a tile is rethrown here; the tiles not yet begun are then skipped.
    /// </summary>
    public void Run<TJob>(ref TJob job, int tiles, int threads) where TJob : struct, IJob
    {
        if (insideTile)
        {
            if (count is not null)
            {
                count.Add(tiles);
                return;
            }
            for (var i = 0; i < tiles; i++)
                job.Tile(i);
            return;
        }
        lock (calls)
        {
            Grow(threads);
            // The job lives on the caller's stack, which neither moves nor ends before this method returns.
            gate.Job = Unsafe.AsPointer(ref job);
            gate.Invoke = &InvokeTile<TJob>;
            gate.Tiles = tiles;
            gate.Helpers = Math.Min(threads, tiles) - 1;
            gate.Next = 0;
            if (gate.Helpers > 0)
                OpenGate();
            TakeTiles();
            if (gate.Helpers > 0)
                CloseGate();
            if (gate.Failure is { } failure)
            {
                gate.Failure = null;
                failure.Throw();
            }
        }
    }

    /// <summary>
    /// Counts this thread's tiles instead of running them, until called with what it returned. A thread that counts looks like one
    /// inside a tile: a call that counts nothing pays for no question.
    /// </summary>
    internal static TileCount? Count(TileCount? with)
    {
        var before = count;
        (count, insideTile) = (with, with is not null);
        return before;
    }

    private static void InvokeTile<TJob>(void* job, int index) where TJob : struct, IJob => Unsafe.AsRef<TJob>(job).Tile(index);

    private void Grow(int threads)
    {
        while (helpers.Count < threads - 1)
        {
            scratch.Add(Storage.Native(ScratchBytes));
            var processors = Os.AllowedProcessors();
            var number = helpers.Count + 1;
            var processor = pin && processors.Length > number ? processors[number] : -1;
            helpers.Add(new Helper(this, number, processor));
        }
    }

    private void OpenGate()
    {
        // The exchange publishes the fields above before any thread can enter.
        Interlocked.Exchange(ref gate.State, (gate.State & ~(Epoch - 1)) + Epoch + Open);
        for (var i = 0; i < gate.Helpers; i++)
            helpers[i].Wake();
    }

    private void CloseGate()
    {
        Interlocked.Add(ref gate.State, -Open);
        var rounds = 0;
        while ((Volatile.Read(ref gate.State) & (Epoch - 1)) != 0)
        {
            if (++rounds < SpinRounds) Thread.SpinWait(8);
            else Thread.Yield();
        }
    }

    private bool TryEnter(int number, ref long lastEpoch)
    {
        var state = Volatile.Read(ref gate.State);
        if ((state & Open) == 0 || state / Epoch == lastEpoch)
            return false;
        if (Interlocked.CompareExchange(ref gate.State, state + Inside, state) != state)
            return false;
        lastEpoch = state / Epoch;
        if (number <= gate.Helpers)
            TakeTiles();
        Interlocked.Add(ref gate.State, -Inside);
        return true;
    }

    private void TakeTiles()
    {
        insideTile = true;
        try
        {
            while (true)
            {
                var index = Interlocked.Increment(ref gate.Next) - 1;
                if (index >= gate.Tiles)
                    return;
                gate.Invoke(gate.Job, (int)index);
            }
        }
#pragma warning disable CA1031 // A compute thread must survive whatever a tile throws; the caller gets it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref gate.Failure, ExceptionDispatchInfo.Capture(e), null);
            Interlocked.Exchange(ref gate.Next, gate.Tiles);
        }
        finally
        {
            insideTile = false;
        }
    }

    // The counters have cache lines of their own: every tile taken writes one of them.
    [StructLayout(LayoutKind.Auto)]
    private struct Gate
    {
        public void* Job;
        public delegate*<void*, int, void> Invoke;
        public int Tiles;
        public int Helpers;
        public ExceptionDispatchInfo? Failure;
        public Line Before;
        public long State;
        public Line Between;
        public long Next;
        public Line After;
    }

    [InlineArray(8)]
    private struct Line
    {
        private long first;
    }

#pragma warning disable CA1001 // Lives as long as the process.
    private sealed class Helper
#pragma warning restore CA1001
    {
        private readonly Workers pool;
        private readonly int number;
        private readonly int processor;
        private readonly SemaphoreSlim wake = new(0);
        private int parked;

        public Helper(Workers pool, int number, int processor)
        {
            (this.pool, this.number, this.processor) = (pool, number, processor);
            new Thread(Loop) { IsBackground = true, Name = $"attune compute {number}" }.Start();
        }

        public void Wake()
        {
            if (Volatile.Read(ref parked) == 1 && Interlocked.Exchange(ref parked, 0) == 1)
                wake.Release();
        }

        private void Loop()
        {
            slot = number;
            if (processor >= 0)
                Os.PinThread(processor);
            var lastEpoch = 0L;
            var rounds = 0;
            while (true)
            {
                if (pool.TryEnter(number, ref lastEpoch))
                    rounds = 0;
                else if (++rounds < SpinRounds)
                    Thread.SpinWait(16);
                else if (rounds < YieldRounds)
                    Thread.Yield();
                else
                {
                    Park(ref lastEpoch);
                    rounds = 0;
                }
            }
        }

        private void Park(ref long lastEpoch)
        {
            Interlocked.Exchange(ref parked, 1);
            // Work that came before the mark was set woke nobody: look once more. Whoever clears the mark decides.
            if (pool.TryEnter(number, ref lastEpoch) && Interlocked.Exchange(ref parked, 0) == 1)
                return;
            wake.Wait();
        }
    }
}
