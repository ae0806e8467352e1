using Attune.Engine.Autograd;
using Attune.Engine.Backends.Cpu.Simd;
using Attune.Engine.Formats;

namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// Matrix products, in one of two ways chosen by m alone: up to <see cref="FewRows"/> rows by dot products that read B once (bound by
/// memory: decoding), more by packed tiles. The two sum in different orders.
/// </summary>
/// <remarks>
/// Packed: k is split into blocks of at most 512; all of A (in blocks of rows) is packed by all threads, then threads take strips of
/// C, each packing, and widening, its own block of B. An element of C is the sum over k blocks in order, each one chain of fused
/// multiply-adds: nothing but k decides the order.
/// </remarks>
internal sealed unsafe class Products<L, V>(int threads) : IMatrixKernels where L : struct, ILane<V> where V : unmanaged
{
    /// <summary>Most rows that take the dot-product path.</summary>
    public const int FewRows = 4;

    // Packed A stays below this, so that the workspace of a product over a vocabulary does not reach its size.
    private const long PackedBytes = 32 << 20;

    /// <inheritdoc />
    public long Workspace(int m, int n, int k) =>
        m <= FewRows ? (long)m * k * sizeof(float) : (long)RowBlock(m, k) * k * sizeof(float);

    /// <inheritdoc />
    public void Product(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta, Tensor workspace)
    {
        var (m, n) = (c.Rows, c.Cols);
        var k = transposeA ? a.Rows : a.Cols;
        if ((transposeA ? a.Cols : a.Rows) != m || (transposeB ? b.Cols : b.Rows) != k || (transposeB ? b.Rows : b.Cols) != n)
            throw new ShapeException($"product: {a}{(transposeA ? "ᵀ" : "")} · {b}{(transposeB ? "ᵀ" : "")} into {c}");
        if (a.Type != DType.F32 || c.Type != DType.F32)
            throw new ShapeException($"product: activations are F32, not {a} and {c}");
        if (workspace.Bytes < Workspace(m, n, k))
            throw new ArgumentException($"product: a workspace of {workspace.Bytes} bytes instead of {Workspace(m, n, k)}", nameof(workspace));
        if (m == 0 || n == 0)
            return;
        var left = new Operand((byte*)a.Address, a.Pitch, a.PitchBytes, transposeA, null);
        var decode = b.Type == DType.F32 ? null : WeightFormats.Decoder<L, V>(b.Type);
        var right = new Operand((byte*)b.Address, b.Pitch, b.PitchBytes, transposeB, decode);
        var target = new Target((float*)c.Address, c.Pitch, alpha, beta);
        if (m <= FewRows)
            Few(left, right, target, m, n, k, (float*)workspace.Address);
        else
            Packed(left, right, target, m, n, k, (float*)workspace.Address);
    }

    private static int RowBlock(int m, int k)
    {
        var rows = MicroKernel<L, V>.Rows;
        var most = Math.Max(256, PackedBytes / sizeof(float) / Math.Max(k, 1));
        var panels = (Math.Min(m, most) + rows - 1) / rows;
        return (int)panels * rows;
    }

    private void Few(Operand left, Operand right, Target target, int m, int n, int k, float* rows)
    {
        // A is tiny here; laid out by rows once, so that both kernels read it in order.
        for (var i = 0; i < m; i++)
            for (var p = 0; p < k; p++)
                rows[(long)i * k + p] = left.Transposed ? left.Floats(p)[i] : left.Floats(i)[p];
        var tile = right.Transposed ? Math.Clamp(n / (8 * threads), 1, 64) : FewRowKernel<L, V>.Cols;
        var job = new FewJob { A = rows, B = right, C = target, M = m, N = n, K = k, TileCols = tile };
        Workers.Shared.Run(ref job, (n + tile - 1) / tile, threads);
    }

    private void Packed(Operand left, Operand right, Target target, int m, int n, int k, float* packed)
    {
        var block = RowBlock(m, k);
        var blocks = new KBlocks(k);
        for (var start = 0; start < m; start += block)
        {
            var rows = Math.Min(block, m - start);
            var panels = (rows + MicroKernel<L, V>.Rows - 1) / MicroKernel<L, V>.Rows;
            var pack = new PackJob { A = left, To = packed, Row = start, Rows = rows, Panels = panels, Blocks = blocks };
            Workers.Shared.Run(ref pack, blocks.Count * pack.Groups, threads);
            var strips = new StripJob
            {
                A = packed,
                B = right,
                C = target with { Address = target.Row(start) },
                Rows = rows,
                N = n,
                Panels = panels,
                Blocks = blocks,
            };
            strips.Cut(threads);
            Workers.Shared.Run(ref strips, strips.Strips * strips.Groups, threads);
        }
    }

    private struct FewJob : IJob
    {
        public float* A;
        public Operand B;
        public Target C;
        public int M, N, K, TileCols;

        public readonly void Tile(int index)
        {
            var start = index * TileCols;
            var count = Math.Min(TileCols, N - start);
            if (B.Transposed)
                FewRowKernel<L, V>.Dots(A, M, K, B, start, count, C, (float*)Workers.Shared.Scratch);
            else
                FewRowKernel<L, V>.Columns(A, M, K, B, start, count, C, (float*)Workers.Shared.Scratch);
        }
    }

    private struct PackJob : IJob
    {
        private const int PanelsPerTile = 8;

        public Operand A;
        public float* To;
        public int Row, Rows, Panels;
        public KBlocks Blocks;

        public readonly int Groups => (Panels + PanelsPerTile - 1) / PanelsPerTile;

        public readonly void Tile(int index)
        {
            var (k, length) = Blocks.Range(index / Groups);
            var first = index % Groups * PanelsPerTile;
            for (var panel = first; panel < Math.Min(first + PanelsPerTile, Panels); panel++)
            {
                var row = panel * MicroKernel<L, V>.Rows;
                var to = To + (long)k * Panels * MicroKernel<L, V>.Rows + (long)row * length;
                Packing<L, V>.Left(A, Row + row, Math.Min(MicroKernel<L, V>.Rows, Rows - row), k, length, to);
            }
        }
    }

    private struct StripJob : IJob
    {
        // A strip of B's k block must stay in the second-level cache beside a panel of A.
        private const int StripBytes = 512 << 10;

        public float* A;
        public Operand B;
        public Target C;
        public int Rows, N, Panels, Strips, Groups;
        public KBlocks Blocks;
        private int stripPanels, groupPanels;

        // Free to depend on threads: it decides who computes a tile, not how.
        public void Cut(int threads)
        {
            var cols = MicroKernel<L, V>.Cols;
            var all = (N + cols - 1) / cols;
            stripPanels = Math.Clamp((all + 4 * threads - 1) / (4 * threads), 1, StripBytes / (KBlocks.Longest * cols * sizeof(float)));
            Strips = (all + stripPanels - 1) / stripPanels;
            var wanted = threads == 1 || Strips >= 2 * threads ? 1 : (4 * threads + Strips - 1) / Strips;
            groupPanels = Math.Max((Panels + wanted - 1) / wanted, Math.Min(Panels, 8));
            Groups = (Panels + groupPanels - 1) / groupPanels;
        }

        public readonly void Tile(int index)
        {
            var cols = MicroKernel<L, V>.Cols;
            var col = index % Strips * stripPanels * cols;
            var count = Math.Min(stripPanels * cols, N - col);
            var first = index / Strips * groupPanels;
            var last = Math.Min(first + groupPanels, Panels);
            var packed = (float*)Workers.Shared.Scratch;
            var scratch = packed + StripBytes / sizeof(float);
            for (var b = 0; b < Blocks.Count; b++)
            {
                var (k, length) = Blocks.Range(b);
                Packing<L, V>.Right(B, k, length, col, count, packed, scratch);
                var beta = b == 0 ? C.Beta : 1;
                var left = A + (long)k * Panels * MicroKernel<L, V>.Rows;
                for (var panel = first; panel < last; panel++)
                {
                    var row = panel * MicroKernel<L, V>.Rows;
                    var target = C with { Address = C.Row(row) + col, Beta = beta };
                    Packing<L, V>.Multiply(left + (long)row * length, packed, length, Math.Min(Rows - row, MicroKernel<L, V>.Rows), count, target, scratch);
                }
            }
        }
    }
}
