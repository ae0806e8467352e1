using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Attune.Engine.Backends.Cpu.MachineCode;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>Multiply-adds on registers alone: as many chains as hide the latency, and not one load.</summary>
internal unsafe struct MultiplyAddJob<L, V> : IJob where L : struct, ILane<V> where V : unmanaged
{
    /// <summary>Chains; with the two factors they fit into sixteen registers.</summary>
    public const int Chains = 12;

    /// <summary>Multiply-adds of each chain in one tile.</summary>
    public int Rounds;

    // Stored, so that none of it is dead.
    public readonly void Tile(int index) => L.Store((float*)Workers.Shared.Scratch, Run(Rounds));

    // No call in here: a value that lives across one would be kept on the stack, in the loop too.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static V Run(int rounds)
    {
        // Each chain nears 2: never denormal, never infinite.
        V half = L.Set(0.5f), one = L.Set(1);
        V c0 = one, c1 = one, c2 = one, c3 = one, c4 = one, c5 = one, c6 = one, c7 = one, c8 = one, c9 = one, c10 = one, c11 = one;
        for (var i = 0; i < rounds; i++)
        {
            c0 = L.Fma(c0, half, one); c1 = L.Fma(c1, half, one); c2 = L.Fma(c2, half, one); c3 = L.Fma(c3, half, one);
            c4 = L.Fma(c4, half, one); c5 = L.Fma(c5, half, one); c6 = L.Fma(c6, half, one); c7 = L.Fma(c7, half, one);
            c8 = L.Fma(c8, half, one); c9 = L.Fma(c9, half, one); c10 = L.Fma(c10, half, one); c11 = L.Fma(c11, half, one);
        }
        var sum = L.Add(L.Add(L.Add(c0, c1), L.Add(c2, c3)), L.Add(L.Add(c4, c5), L.Add(c6, c7)));
        return L.Add(sum, L.Add(L.Add(c8, c9), L.Add(c10, c11)));
    }
}

/// <summary>Products of BF16 pairs by the emitted tile, over operands that never leave the first-level cache.</summary>
internal unsafe struct PairProductJob : IJob
{
    // 16 KB of A beside one row of B.
    private const int Pairs = 512;
    private const int Vectors = 3;
    private const int Cols = Vectors * 16;

    /// <summary>Calls of the tile.</summary>
    public int Rounds;

    /// <summary>Operations of one call, a multiply-add being two.</summary>
    public static double Operations => 4.0 * Pairs * TileEmitter.Rows * Cols;

    public readonly void Tile(int index)
    {
        var scratch = Workers.Shared.Scratch;
        var tile = new PairTile
        {
            C = (float*)scratch,
            RowC = Cols * sizeof(float),
            B = scratch + TileEmitter.Rows * Cols * sizeof(float),
            StepB = 0,
            A = scratch + 2 * TileEmitter.Rows * Cols * sizeof(float),
            Pairs = Pairs,
            Alpha = 1,
        };
        var code = PairKernels.Tile(Vectors);
        for (var i = 0; i < Rounds; i++)
            code(&tile);
    }
}

/// <summary>Reads one range, or copies it, in tiles of a megabyte; 256-bit vectors suffice for any memory.</summary>
internal unsafe struct TransferJob : IJob
{
    /// <summary>Bytes of a tile.</summary>
    public const int TileBytes = 1 << 20;

    /// <summary>Ranges of whole tiles, aligned to a vector; no target only reads.</summary>
    public byte* From, To;

    /// <summary>Whether stores go past the cache: then the target's lines need not be read first.</summary>
    public bool PastCache;

    public readonly void Tile(int index)
    {
        var from = From + (long)index * TileBytes;
        var to = To + (long)index * TileBytes;
        if (To is null) Read(from);
        else if (PastCache) CopyPastCache(from, to);
        else Copy(from, to);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Read(byte* from)
    {
        Vector256<byte> a = default, b = default, c = default, d = default;
        for (var i = 0; i < TileBytes; i += 128)
        {
            a ^= Vector256.Load(from + i);
            b ^= Vector256.Load(from + i + 32);
            c ^= Vector256.Load(from + i + 64);
            d ^= Vector256.Load(from + i + 96);
        }
        Vector256.Store(a ^ b ^ c ^ d, Workers.Shared.Scratch);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(byte* from, byte* to)
    {
        for (var i = 0; i < TileBytes; i += 64)
        {
            Vector256.Store(Vector256.Load(from + i), to + i);
            Vector256.Store(Vector256.Load(from + i + 32), to + i + 32);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyPastCache(byte* from, byte* to)
    {
        for (var i = 0; i < TileBytes; i += 64)
        {
            Vector256.StoreAlignedNonTemporal(Vector256.Load(from + i), to + i);
            Vector256.StoreAlignedNonTemporal(Vector256.Load(from + i + 32), to + i + 32);
        }
    }
}
