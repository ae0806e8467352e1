using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// C ← α · A · B + β · C by tiles over panels, whatever the panels hold. k is split into blocks; where A has to be packed, all of it (in
/// blocks of rows) is packed by all threads; then threads take strips of C, each packing, and widening, its own block of B.
/// </summary>
/// <remarks>
/// An element of C is the sum over k blocks in order, each one chain of multiply-adds within a tile: nothing but k decides the order.
/// </remarks>
internal static unsafe class PackedProduct<TPanels> where TPanels : struct, IPanels
{
    // Packed A stays below this, so that the workspace of a product over a vocabulary does not reach its size.
    private const long PackedBytes = 32 << 20;

    /// <summary>Bytes that the packed part of A takes, for m rows and sums over k; neither more rows nor longer sums want less.</summary>
    public static long Workspace(int m, int k, bool transposeA) =>
        TPanels.ReadsInPlace(transposeA) ? 0 : Math.Min(PanelCount(m) * TPanels.Rows * (long)TPanels.Bytes(k), MostBytes(k));

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
        // Of few columns there is less work than packing a transposed A: on the right side of Cᵀ = Bᵀ · Aᵀ it is read where it lies.
        if (left.Transposed && n < m && right.IsFloat && TPanels.ReadsInPlace(left.Turned, n))
            (left, right, target, m, n) = (right.Turned, left.Turned, target with { Transposed = true }, n, m);
        if (TPanels.ReadsInPlace(left.Transposed))
            packed = null;
        var block = packed == null ? m : RowBlock(m, k);
        var blocks = new KBlocks(k);
        for (var start = 0; start < m; start += block)
        {
            var rows = Math.Min(block, m - start);
            var a = new LeftRows(left, packed, start, rows);
            if (packed != null)
            {
                var pack = new PackJob { A = a, Blocks = blocks };
                Workers.Shared.Run(ref pack, blocks.Count * pack.Groups, threads);
            }
            var strips = new StripJob(a, right, target with { Address = target.At(start, 0) }, n, blocks, threads);
            Workers.Shared.Run(ref strips, strips.Tiles, threads);
        }
    }

    private static int PanelCount(int rows) => (rows + TPanels.Rows - 1) / TPanels.Rows;

    private static long MostBytes(int k) => Math.Max(PackedBytes, 256L * TPanels.Bytes(k));

    // Rows that are packed at a time.
    private static int RowBlock(int m, int k)
    {
        var panels = MostBytes(k) / (TPanels.Rows * Math.Max(TPanels.Bytes(k), 1L));
        return (int)Math.Min(panels, PanelCount(m)) * TPanels.Rows;
    }

    // Rows of A that a pass works on, and where their panels are.
    private readonly struct LeftRows(Operand a, byte* packed, int start, int rows)
    {
        public int Panels { get; } = PanelCount(rows);

        public int Rows => rows;

        public bool IsAcross => a.Transposed;

        public int Count(int panel) => Math.Min(TPanels.Rows, rows - panel * TPanels.Rows);

        public void Pack(int panel, int k, int length, byte* to, float* scratch) =>
            TPanels.PackLeft(a, start + panel * TPanels.Rows, Count(panel), k, length, to, scratch);

        // Steps of k of the panels first … last − 1, where rows lie across k.
        public void Announce(int first, int last, int k, int steps)
        {
            for (var p = 0; p < steps; p++)
                a.Announce(k + p, start + first * TPanels.Rows, (last - first) * TPanels.Rows);
        }

        // Packed A: blocks of k one after the other, in each its panels.
        public byte* Packed(int panel, int k, int length) =>
            packed + (long)Panels * TPanels.Rows * TPanels.Bytes(k) + (long)panel * TPanels.Rows * TPanels.Bytes(length);

        // Whole panels of a matrix that is read in place need no packing; the last, incomplete one goes to the thread's own memory.
        public LeftPanel Panel(int panel, int k, int length, byte* own, float* scratch)
        {
            if (packed != null)
                return new LeftPanel(Packed(panel, k, length), 0);
            if (Count(panel) == TPanels.Rows)
                return new LeftPanel((byte*)(a.Floats(start + panel * TPanels.Rows) + k), (nint)a.Pitch);
            Pack(panel, k, length, own, scratch);
            return new LeftPanel(own, 0);
        }
    }

    private struct PackJob : IJob
    {
        private const int PanelsPerTile = 8;
        private const int StepsAcross = 64;

        public LeftRows A;
        public KBlocks Blocks;

        public readonly int Groups => (A.Panels + PanelsPerTile - 1) / PanelsPerTile;

        public readonly void Tile(int index)
        {
            var (k, length) = Blocks.Range(index / Groups);
            var first = index % Groups * PanelsPerTile;
            var last = Math.Min(first + PanelsPerTile, A.Panels);
            // Across k a row of A lies in all panels: a few steps at a time, so that its lines are read once.
            var steps = A.IsAcross ? StepsAcross : length;
            for (var done = 0; done < length || done == 0; done += steps)
            {
                if (A.IsAcross)
                    A.Announce(first, last, k + done + steps, steps);
                for (var panel = first; panel < last; panel++)
                    A.Pack(panel, k + done, Math.Min(steps, length - done), A.Packed(panel, k, length) + (long)TPanels.Rows * TPanels.Bytes(done), (float*)Workers.Shared.Scratch);
            }
        }
    }

    private readonly struct StripJob : IJob
    {
        // A strip of B's k block must stay in the second-level cache beside a panel of A.
        private const int StripBytes = 576 << 10;

        private readonly LeftRows a;
        private readonly Operand b;
        private readonly Target c;
        private readonly KBlocks blocks;
        private readonly int n, strips, groups, stripPanels, groupPanels;

        // Free to depend on threads: it decides who computes a tile, not how.
        public StripJob(LeftRows a, Operand b, Target c, int n, KBlocks blocks, int threads)
        {
            (this.a, this.b, this.c, this.n, this.blocks) = (a, b, c, n, blocks);
            var all = (n + TPanels.Cols - 1) / TPanels.Cols;
            var fit = StripBytes / (TPanels.Cols * TPanels.Bytes(blocks.Length));
            stripPanels = Math.Clamp((all + 4 * threads - 1) / (4 * threads), 1, fit);
            strips = (all + stripPanels - 1) / stripPanels;
            var wanted = threads == 1 || strips >= 2 * threads ? 1 : (4 * threads + strips - 1) / strips;
            groupPanels = Math.Max((a.Panels + wanted - 1) / wanted, Math.Min(a.Panels, 8));
            groups = (a.Panels + groupPanels - 1) / groupPanels;
        }

        public int Tiles => strips * groups;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Tile(int index)
        {
            var col = index % strips * stripPanels * TPanels.Cols;
            var count = Math.Min(stripPanels * TPanels.Cols, n - col);
            var first = index / strips * groupPanels;
            var last = Math.Min(first + groupPanels, a.Panels);
            var packed = Workers.Shared.Scratch;
            var scratch = (float*)(packed + StripBytes);
            var own = (byte*)(scratch + IPanels.ScratchFloats);
            // Columns that are packed: all, none, or a last panel of which a part is missing.
            var whole = !TPanels.ReadsInPlace(b, a.Rows) ? 0 : count % TPanels.Slice == 0 ? count : count / TPanels.Cols * TPanels.Cols;
            for (var block = 0; block < blocks.Count; block++)
            {
                var (k, length) = blocks.Range(block);
                if (whole < count)
                    TPanels.PackRight(b, k, length, col + whole, count - whole, packed, scratch);
                var beta = block == 0 ? c.Beta : 1;
                for (var panel = first; panel < last; panel++)
                {
                    var left = a.Panel(panel, k, length, own, scratch);
                    for (var j = 0; j < count; j += TPanels.Cols)
                    {
                        var right = j < whole
                            ? new RightPanel((byte*)(b.Floats(k) + col + j), (nint)b.Pitch)
                            : new RightPanel(packed + (long)(j - whole) * TPanels.Bytes(length), 0);
                        var target = c with { Address = c.At(panel * TPanels.Rows, col + j), Beta = beta };
                        Multiply(left, right, length, a.Count(panel), Math.Min(TPanels.Cols, count - j), target, scratch);
                    }
                }
            }
        }
    }

    // One tile: rows × cols of C. One that C does not hold whole, or not by rows, is computed beside it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply(LeftPanel a, RightPanel b, int length, int rows, int cols, Target c, float* scratch)
    {
        var slices = (cols + TPanels.Slice - 1) / TPanels.Slice;
        if (rows == TPanels.Rows && slices * TPanels.Slice == cols && !c.Transposed)
        {
            TPanels.Tile(a, b, slices, length, c.Address, (nint)c.Pitch, c.Alpha, c.Beta);
            return;
        }
        if (c.Beta != 0)
            Take(c, rows, cols, scratch);
        TPanels.Tile(a, b, slices, length, scratch, TPanels.Cols, c.Alpha, c.Beta);
        Put(scratch, rows, cols, c);
    }

    private static void Take(Target c, int rows, int cols, float* tile)
    {
        if (c.Transposed)
            Transpose.Copy(c.Address, (nint)c.Pitch, cols, rows, tile, TPanels.Cols);
        else
            for (var i = 0; i < rows; i++)
                new ReadOnlySpan<float>(c.Row(i), cols).CopyTo(new Span<float>(tile + i * TPanels.Cols, cols));
    }

    private static void Put(float* tile, int rows, int cols, Target c)
    {
        if (c.Transposed)
            Transpose.Copy(tile, TPanels.Cols, rows, cols, c.Address, (nint)c.Pitch);
        else
            for (var i = 0; i < rows; i++)
                new ReadOnlySpan<float>(tile + i * TPanels.Cols, cols).CopyTo(new Span<float>(c.Row(i), cols));
    }
}
