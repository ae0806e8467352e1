using Attune.Engine.Backends;

namespace Attune.Engine.Tests.Cpu;

/// <summary>The same numbers twice: guarded F32 (or a weight format) for the kernels, F64 for the specification.</summary>
internal sealed class Pair(Tensor cpu, Tensor exact)
{
    public Tensor Cpu { get; } = cpu;

    public Tensor Exact { get; } = exact;

    /// <summary>An F32 argument of shape [rows, cols] with gaps between rows.</summary>
    public static Pair Of(int rows, int cols, int seed, int gap = 0, Func<double, double>? map = null) => Of(DType.F32, rows, cols, seed, gap, map);

    /// <summary>An argument in any floating format; the specification gets what the format kept.</summary>
    public static Pair Of(DType type, int rows, int cols, int seed, int gap = 0, Func<double, double>? map = null)
    {
        var key = RandomKey.OfSeed(seed);
        var cpu = GuardedStorage.Tensor(type, rows, cols, gap);
        var exact = Tensor.Allocate(DType.F64, rows, cols);
        var values = new float[cols];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < cols; c++)
            {
                var value = key.Normal((long)r * cols + c);
                values[c] = (float)(map is null ? value : map(value));
            }
            cpu.RowRange(r, 1).Write(values);
            for (var c = 0; c < cols; c++)
                exact.At<double>(r, c) = cpu.Read(r, c);
        }
        return new Pair(cpu, exact);
    }

    /// <summary>Integers, for both backends.</summary>
    public static Tensor Integers(ReadOnlySpan<int> values)
    {
        var tensor = GuardedStorage.Tensor(DType.I32, 1, values.Length);
        tensor.Write(values);
        return tensor;
    }

    /// <summary>Sets one element in both.</summary>
    public void Set(int row, int col, float value)
    {
        Set(Cpu, row, col, value);
        Exact.At<double>(row, col) = Cpu.Read(row, col);
    }

    /// <summary>
    /// Every element within <paramref name="tolerance"/> · max(1, |exact|), or NaN or the same infinity in both; nothing written beside it.
    /// </summary>
    public void AssertClose(double tolerance, string what)
    {
        for (var r = 0; r < Cpu.Rows; r++)
        {
            for (var c = 0; c < Cpu.Cols; c++)
            {
                var (got, want) = (Cpu.Read(r, c), Exact.Read(r, c));
                if (Math.Abs(want) > float.MaxValue)
                    want = want > 0 ? double.PositiveInfinity : double.NegativeInfinity;
                var fits = double.IsNaN(want) ? double.IsNaN(got) : got == want || Math.Abs(got - want) <= tolerance * Math.Max(1, Math.Abs(want));
                Assert.True(fits, $"{what}: element ({r}, {c}) is {got:R} instead of {want:R}");
            }
        }
        ((GuardedStorage)Cpu.Block.Storage).AssertUntouched();
    }

    private static void Set(Tensor x, int row, int col, double value)
    {
        switch (x.Type)
        {
            case DType.F32: x.At<float>(row, col) = (float)value; break;
            case DType.BF16: x.At<ushort>(row, col) = Scalars.ToBF16((float)value); break;
            case DType.F16: x.At<Half>(row, col) = (Half)value; break;
            default: throw new ArgumentOutOfRangeException(nameof(x), x.Type, "not a weight format");
        }
    }
}

/// <summary>What the sweeps share: sizes, widths, tolerances, workspaces.</summary>
internal static class Sweep
{
    /// <summary>Largest error by type: relative to max(1, |value|), for sums of at most a few hundred terms of order one.</summary>
    public static double Tolerance(DType type) => type switch
    {
        DType.F32 => 2e-5,
        DType.BF16 => 1.0 / 128,
        DType.F16 => 1.0 / 1024,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no tolerance"),
    };

    /// <summary>True where the whole grid is asked for: tests/full-grid.sh.</summary>
    public static bool Full { get; } = Environment.GetEnvironmentVariable("ATTUNE_FULL_GRID") == "1";

    /// <summary>Sizes around lanes and tiles.</summary>
    public static int[] Sizes { get; } = Full
        ? [0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 95, 96, 97, 127, 128, 129, 130]
        : [0, 1, 3, 8, 17, 33, 48, 65, 130];

    /// <summary>The specification.</summary>
    public static Backend Reference { get; } = new ReferenceBackend<double>();

    /// <summary>Every lane width that this machine offers, on two threads; in the full grid the widest, which the script sets.</summary>
    public static IEnumerable<CpuBackend> Widths()
    {
        foreach (var bits in new[] { 512, 256, 128 })
        {
            if (bits == CpuBackend.Widest || (bits < CpuBackend.Widest && !Full))
                yield return new CpuBackend(2, bits);
        }
    }

    /// <summary>Bytes for a kernel, ending at a guard page.</summary>
    public static Tensor Workspace(long bytes) => GuardedStorage.Tensor(DType.U8, 1, checked((int)bytes));
}
