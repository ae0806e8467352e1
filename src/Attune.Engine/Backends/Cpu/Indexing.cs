using Attune.Engine.Autograd;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>Rows by index. Taking is cut by rows taken, giving by rows of the table.</summary>
internal sealed unsafe class Indexing<L, V>(int threads) : IIndexKernels where L : struct, ILane<V> where V : unmanaged
{
    private const int TileRows = 16;
    private const int TableParts = 16;

    /// <inheritdoc />
    public void Gather(Tensor table, Tensor rows, Tensor y)
    {
        Check.Indices("gather", rows, y.Rows, table.Rows);
        if (table.Cols != y.Cols)
            throw new ShapeException($"gather: {table} into {y}");
        var job = new GatherJob { Table = new RowOperand<L, V>(table), Rows = (int*)rows.Address, Y = new Plane(Check.Floats(y)), Count = y.Rows, Cols = y.Cols };
        Workers.Shared.Run(ref job, (y.Rows + TileRows - 1) / TileRows, threads);
    }

    /// <inheritdoc />
    public void ScatterAdd(Tensor x, Tensor rows, Tensor table)
    {
        Check.Indices("scatter", rows, x.Rows, table.Rows);
        if (table.Cols != x.Cols)
            throw new ShapeException($"scatter: {x} into {table}");
        var job = new ScatterJob
        {
            X = new Plane(Check.Floats(x)),
            Rows = (int*)rows.Address,
            Table = new Plane(Check.Floats(table)),
            Count = x.Rows,
            Cols = x.Cols,
        };
        Workers.Shared.Run(ref job, TableParts, threads);
    }

    private struct GatherJob : IJob
    {
        public RowOperand<L, V> Table;
        public int* Rows;
        public Plane Y;
        public int Count, Cols;

        public readonly void Tile(int index)
        {
            for (var i = index * TileRows; i < Math.Min((index + 1) * TileRows, Count); i++)
            {
                var to = Y.At(i, 0);
                // Widened in place; only F32 is handed back where it lies.
                var from = Table.Part(Rows[i], 0, Cols, to);
                if (from != to)
                    new ReadOnlySpan<float>(from, Cols).CopyTo(new Span<float>(to, Cols));
            }
        }
    }

    private struct ScatterJob : IJob
    {
        public Plane X, Table;
        public int* Rows;
        public int Count, Cols;

        public readonly void Tile(int index)
        {
            for (var i = 0; i < Count; i++)
            {
                // Interleaved by row, because the frequent tokens of a vocabulary stand together at its beginning.
                if (Rows[i] % TableParts == index)
                    Elements<L, V>.MultiplyAdd(1, X.At(i, 0), Table.At(Rows[i], 0), Cols);
            }
        }
    }
}
