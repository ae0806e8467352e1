using Attune.Engine.Backends.Cpu.Simd;
using Attune.Engine.Formats;

namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// Products of few rows by dot products that read B once: bound by memory, the case of decoding. B is cut by columns of C, so that
/// threads share nothing and an element's sum is one thread's.
/// </summary>
internal static unsafe class FewRowProducts<L, V> where L : struct, ILane<V> where V : unmanaged
{
    /// <summary>Most rows that take this path.</summary>
    public const int MostRows = 4;

    // A tile is a run of memory long enough for the processor to read ahead in, and short enough that threads end together.
    private const int TileBytes = 256 << 10;

    /// <summary>Bytes of workspace: A by rows.</summary>
    public static long Workspace(int m, int k) => (long)m * k * sizeof(float);

    /// <summary>C ← α · A · B + β · C for m ≤ <see cref="MostRows"/>.</summary>
    public static void Run(Operand left, Operand right, Target target, int m, int n, int k, float* rows, int threads)
    {
        // A is tiny here; laid out by rows once, so that both kernels read it in order.
        if (!left.Transposed && (m == 1 || left.Pitch == k))
            rows = left.Floats(0);
        else
            for (var i = 0; i < m; i++)
                for (var p = 0; p < k; p++)
                    rows[(long)i * k + p] = left.Transposed ? left.Floats(p)[i] : left.Floats(i)[p];
        var tile = right.Transposed ? TileCols(n, right.PitchBytes, threads) : FewRowKernel<L, V>.Cols;
        var job = new Job { A = rows, B = right, C = target, Dots = WeightFormats.Dots<L, V>(right.Type), Decode = WeightFormats.Decoder<L, V>(right.Type), M = m, N = n, K = k, TileCols = tile };
        Workers.Shared.Run(ref job, (n + tile - 1) / tile, threads);
    }

    private static int TileCols(int n, long pitch, int threads)
    {
        if (threads == 1)
            return n;
        var most = Math.Max(4, (int)Math.Min(TileBytes / Math.Max(1, pitch), n / (4 * threads)));
        return most / 4 * 4;
    }

    private struct Job : IJob
    {
        public float* A;
        public Operand B;
        public Target C;
        public delegate*<float*, int, int, byte*, nint, int, delegate*<byte*, long, int, float*, void>, Target, void> Dots;
        public delegate*<byte*, long, int, float*, void> Decode;
        public int M, N, K, TileCols;

        public readonly void Tile(int index)
        {
            var start = index * TileCols;
            var count = Math.Min(TileCols, N - start);
            if (!B.Transposed)
                FewRowKernel<L, V>.Columns(A, M, K, B, start, count, C, (float*)Workers.Shared.Scratch);
            else if (Dots != null)
                Dots(A, M, K, B.Row(start), (nint)B.PitchBytes, count, Decode, C with { Address = C.Address + start });
            else
                FewRowKernel<L, V>.Dots(A, M, K, B, start, count, C, (float*)Workers.Shared.Scratch);
        }
    }
}
