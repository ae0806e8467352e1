using System.Runtime.CompilerServices;

namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// C ← α · A · B + β · C by tiles over packed panels, whatever the panels hold. k is split into blocks of at most 512; all of A (in
/// blocks of rows) is packed by all threads, then threads take strips of C, each packing, and widening, its own block of B.
/// </summary>
/// <remarks>
/// An element of C is the sum over k blocks in order, each one chain of multiply-adds within a tile: nothing but k decides the order.
/// </remarks>
internal static unsafe class PackedProduct<TPanels> where TPanels : struct, IPanels
{
    // Packed A stays below this, so that the workspace of a product over a vocabulary does not reach its size.
    private const long PackedBytes = 32 << 20;

    /// <summary>Bytes that the packed part of A takes, for m rows and sums over k.</summary>
    public static long Workspace(int m, int k) => (long)RowBlock(m, k) * TPanels.Bytes(k);

    /// <summary>Computes the product; all of C's m rows and n columns.</summary>
    /// <param name="left">A, floats.</param>
    /// <param name="right">B, in any weight format.</param>
    /// <param name="target">C, with α and β.</param>
    /// <param name="m">Rows of C, at least 1.</param>
    /// <param name="n">Columns of C, at least 1.</param>
    /// <param name="k">Length of the sums; may be 0.</param>
    /// <param name="packed">Room for <see cref="Workspace"/> bytes.</param>
    /// <param name="threads">Threads at most; the bits of C do not depend on it.</param>
    public static void Run(Operand left, Operand right, Target target, int m, int n, int k, byte* packed, int threads)
    {
        var block = RowBlock(m, k);
        var blocks = new KBlocks(k);
        for (var start = 0; start < m; start += block)
        {
            var rows = Math.Min(block, m - start);
            var panels = (rows + TPanels.Rows - 1) / TPanels.Rows;
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

    private static int RowBlock(int m, int k)
    {
        var most = Math.Max(256, PackedBytes / Math.Max(TPanels.Bytes(k), 1));
        var panels = (Math.Min(m, most) + TPanels.Rows - 1) / TPanels.Rows;
        return (int)panels * TPanels.Rows;
    }

    // A panel of k block k … within packed A: blocks one after the other, in each its panels.
    private static byte* LeftPanel(byte* packed, int panels, int panel, int k, int length) =>
        packed + (long)panels * TPanels.Rows * TPanels.Bytes(k) + (long)panel * TPanels.Rows * TPanels.Bytes(length);

    private struct PackJob : IJob
    {
        private const int PanelsPerTile = 8;

        public Operand A;
        public byte* To;
        public int Row, Rows, Panels;
        public KBlocks Blocks;

        public readonly int Groups => (Panels + PanelsPerTile - 1) / PanelsPerTile;

        public readonly void Tile(int index)
        {
            var (k, length) = Blocks.Range(index / Groups);
            var first = index % Groups * PanelsPerTile;
            for (var panel = first; panel < Math.Min(first + PanelsPerTile, Panels); panel++)
            {
                var row = panel * TPanels.Rows;
                var to = LeftPanel(To, Panels, panel, k, length);
                TPanels.PackLeft(A, Row + row, Math.Min(TPanels.Rows, Rows - row), k, length, to, (float*)Workers.Shared.Scratch);
            }
        }
    }

    private struct StripJob : IJob
    {
        // A strip of B's k block must stay in the second-level cache beside a panel of A.
        private const int StripBytes = 512 << 10;

        public byte* A;
        public Operand B;
        public Target C;
        public int Rows, N, Panels, Strips, Groups;
        public KBlocks Blocks;
        private int stripPanels, groupPanels;

        // Free to depend on threads: it decides who computes a tile, not how.
        public void Cut(int threads)
        {
            var all = (N + TPanels.Cols - 1) / TPanels.Cols;
            stripPanels = Math.Clamp((all + 4 * threads - 1) / (4 * threads), 1, StripBytes / (TPanels.Cols * TPanels.Bytes(KBlocks.Longest)));
            Strips = (all + stripPanels - 1) / stripPanels;
            var wanted = threads == 1 || Strips >= 2 * threads ? 1 : (4 * threads + Strips - 1) / Strips;
            groupPanels = Math.Max((Panels + wanted - 1) / wanted, Math.Min(Panels, 8));
            Groups = (Panels + groupPanels - 1) / groupPanels;
        }

        public readonly void Tile(int index)
        {
            var col = index % Strips * stripPanels * TPanels.Cols;
            var count = Math.Min(stripPanels * TPanels.Cols, N - col);
            var first = index / Strips * groupPanels;
            var last = Math.Min(first + groupPanels, Panels);
            var packed = Workers.Shared.Scratch;
            var scratch = (float*)(packed + StripBytes);
            for (var b = 0; b < Blocks.Count; b++)
            {
                var (k, length) = Blocks.Range(b);
                TPanels.PackRight(B, k, length, col, count, packed, scratch);
                var beta = b == 0 ? C.Beta : 1;
                for (var panel = first; panel < last; panel++)
                {
                    var row = panel * TPanels.Rows;
                    var target = C with { Address = C.Row(row) + col, Beta = beta };
                    Multiply(LeftPanel(A, Panels, panel, k, length), packed, length, Math.Min(Rows - row, TPanels.Rows), count, target, scratch);
                }
            }
        }
    }

    // One panel of A times the panels of B: rows × cols of C.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(byte* a, byte* b, int length, int rows, int cols, Target c, float* scratch)
    {
        var full = rows == TPanels.Rows;
        for (var j = 0; j < cols; j += TPanels.Cols)
        {
            var panel = b + (long)j * TPanels.Bytes(length);
            if (full && cols - j >= TPanels.Cols)
            {
                TPanels.Tile(a, panel, length, c.Address + j, (nint)c.Pitch, c.Alpha, c.Beta);
                continue;
            }
            for (var i = 0; i < TPanels.Cols && i < cols - j; i += TPanels.Slice)
            {
                var to = c.Address + j + i;
                var count = Math.Min(TPanels.Slice, cols - j - i);
                if (full && count == TPanels.Slice)
                    TPanels.NarrowTile(a, panel, i, length, to, (nint)c.Pitch, c.Alpha, c.Beta);
                else
                    Edge(a, panel, i, length, rows, count, c with { Address = to }, scratch);
            }
        }
    }

    // A tile that C does not hold whole is computed beside it.
    private static void Edge(byte* a, byte* b, int col, int length, int rows, int cols, Target c, float* scratch)
    {
        if (c.Beta != 0)
            Copy(c.Address, c.Pitch, scratch, TPanels.Slice, rows, cols);
        TPanels.NarrowTile(a, b, col, length, scratch, TPanels.Slice, c.Alpha, c.Beta);
        Copy(scratch, TPanels.Slice, c.Address, c.Pitch, rows, cols);
    }

    private static void Copy(float* from, long fromPitch, float* to, long toPitch, int rows, int cols)
    {
        for (var i = 0; i < rows; i++)
            new ReadOnlySpan<float>(from + i * fromPitch, cols).CopyTo(new Span<float>(to + i * toPitch, cols));
    }
}
