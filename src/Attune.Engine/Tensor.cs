using Attune.Engine.Formats;

namespace Attune.Engine;

/// <summary>
/// A matrix in some storage: row-major, unit column stride, an explicit row pitch, no other strides. Row and column ranges are
/// views; a transpose is a flag of the product. Vectors are single rows.
/// </summary>
public sealed class Tensor
{
    // Counted from the start of the block, which may move while its contents are not in memory.
    private readonly long offset;

    private Tensor(Block block, long offset, DType type, int rows, int cols, int pitch) =>
        (Block, this.offset, Type, Rows, Cols, Pitch) = (block, offset, type, rows, cols, pitch);

    /// <summary>Element type.</summary>
    public DType Type { get; }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Cols { get; }

    /// <summary>Elements from the start of one row to the start of the next.</summary>
    public int Pitch { get; }

    /// <summary>Number of elements.</summary>
    public long Count => (long)Rows * Cols;

    /// <summary>Bytes of the elements, gaps between rows not counted.</summary>
    public long Bytes => Rows * Type.Bytes(Cols);

    /// <summary>Bytes from the start of one row to the start of the next.</summary>
    public long PitchBytes => Type.Bytes(Pitch);

    /// <summary>True where the rows follow each other without gaps.</summary>
    public bool IsContiguous => Pitch == Cols || Rows <= 1;

    /// <summary>The range of storage that holds the elements.</summary>
    public Block Block { get; }

    /// <summary>Address of element (0, 0), for kernels.</summary>
    public nint Address => Block.Storage.IsPretend
        ? throw new InvalidOperationException("pretended memory was read: a kernel ran on a plan")
        : Block.Storage.Address + (nint)(Block.Offset + offset);

    /// <summary>A tensor over a block of an arena; the caller holds the block's reference.</summary>
    public static Tensor Of(Block block, DType type, int rows, int cols)
    {
        CheckShape(rows, cols);
        if (rows * type.Bytes(cols) > block.Bytes)
            throw new ArgumentException($"{rows} × {cols} {type} needs more than the block's {block.Bytes} bytes");
        return new Tensor(block, 0, type, rows, cols, cols);
    }

    /// <summary>A tensor over memory that someone else keeps, such as a mapped weight file.</summary>
    public static Tensor Over(Storage storage, long offset, DType type, int rows, int cols)
    {
        CheckShape(rows, cols);
        var bytes = rows * type.Bytes(cols);
        if (offset < 0 || offset > storage.Bytes - bytes)
            throw new ArgumentException($"{rows} × {cols} {type} at byte {offset} ends behind the storage's {storage.Bytes} bytes");
        return new Tensor(new Block(null, storage, offset, bytes), 0, type, rows, cols, cols);
    }

    /// <summary>A tensor with memory of its own, outside any arena: tests, small tables, loaded weights.</summary>
    public static Tensor Allocate(DType type, int rows, int cols) =>
        Over(Storage.Native(rows * type.Bytes(cols)), 0, type, rows, cols);

    /// <summary>Rows <paramref name="start"/> … <paramref name="start"/> + <paramref name="count"/> − 1, as a view.</summary>
    public Tensor RowRange(int start, int count)
    {
        CheckRange(start, count, Rows, "rows");
        return new Tensor(Block, offset + start * PitchBytes, Type, count, Cols, Pitch);
    }

    /// <summary>Columns <paramref name="start"/> … <paramref name="start"/> + <paramref name="count"/> − 1, as a view; whole blocks of a block format.</summary>
    public Tensor ColRange(int start, int count)
    {
        CheckRange(start, count, Cols, "columns");
        if (count % Type.BlockElements() != 0)
            throw new ArgumentException($"columns {start}…{start + count} are not whole blocks of {this}");
        if (WeightFormats.Head(Type, Cols) > 0)
            return start == 0 && count == Cols ? this : throw new ArgumentException($"rows of {this} begin with a head and cannot be cut");
        return new Tensor(Block, offset + Type.Bytes(start), Type, Rows, count, Pitch);
    }

    /// <summary>The same elements in another shape; only without gaps between rows.</summary>
    public Tensor Reshape(int rows, int cols)
    {
        CheckShape(rows, cols);
        if (!IsContiguous || (long)rows * cols != Count || cols % Type.BlockElements() != 0
            || (cols != Cols && WeightFormats.Head(Type, Cols) > 0))
            throw new ArgumentException($"{this} cannot be seen as {rows} × {cols}");
        return new Tensor(Block, offset, Type, rows, cols, cols);
    }

    /// <summary>Row <paramref name="row"/> as a span; <typeparamref name="T"/> must have the element's size.</summary>
    public unsafe Span<T> Row<T>(int row) where T : unmanaged
    {
        if ((uint)row >= (uint)Rows)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"{this} has no such row");
        if (sizeof(T) != Type.Size())
            throw new ArgumentException($"{this} does not hold {typeof(T).Name}");
        // In bounds: the constructor checked the whole shape against the block.
        return new Span<T>((void*)(Address + (nint)((long)row * Pitch * sizeof(T))), Cols);
    }

    /// <summary>Element (<paramref name="row"/>, <paramref name="col"/>), by reference.</summary>
    public ref T At<T>(int row, int col) where T : unmanaged => ref Row<T>(row)[col];

    /// <summary>Rounds <paramref name="values"/>, row by row, into a tensor of F32, F64 or any weight format.</summary>
    public void Write(ReadOnlySpan<float> values)
    {
        CheckLength(values.Length);
        if (WeightFormats.IsWrittenWhole(Type))
        {
            var all = values.ToArray();
            Write((r, row) => all.AsSpan(r * Cols, Cols).CopyTo(row));
            return;
        }
        for (var r = 0; r < Rows; r++)
        {
            var row = values.Slice(r * Cols, Cols);
            switch (Type)
            {
                case DType.F32:
                    row.CopyTo(Row<float>(r));
                    break;
                case DType.F64:
                    for (var c = 0; c < Cols; c++) At<double>(r, c) = row[c];
                    break;
                case DType.BF16:
                    for (var c = 0; c < Cols; c++) At<ushort>(r, c) = Scalars.ToBF16(row[c]);
                    break;
                case DType.F16:
                    for (var c = 0; c < Cols; c++) At<Half>(r, c) = (Half)row[c];
                    break;
                default:
                    WeightFormats.Encode(this, r, row);
                    break;
            }
        }
    }

    /// <summary>Rounds rows that <paramref name="read"/> fills into a tensor of F32, F64 or any weight format; never all of them are held as floats.</summary>
    /// <param name="read">Fills one row; asked in any order, from any thread, and twice a row where the format must know all of them first.</param>
    public void Write(Action<int, float[]> read)
    {
        if (WeightFormats.IsWrittenWhole(Type))
        {
            Nf4Writer.Write(this, read);
            return;
        }
        Parallel.For(0, Rows, () => new float[Cols], (r, _, row) =>
        {
            read(r, row);
            RowRange(r, 1).Write(row);
            return row;
        }, static _ => { });
    }

    /// <summary>Copies integers into an I32 tensor.</summary>
    public void Write(ReadOnlySpan<int> values)
    {
        CheckLength(values.Length);
        for (var r = 0; r < Rows; r++)
            values.Slice(r * Cols, Cols).CopyTo(Row<int>(r));
    }

    /// <summary>All elements as floats, row by row, whatever the (floating) element type.</summary>
    public float[] ToArray()
    {
        var result = new float[Count];
        for (var r = 0; r < Rows; r++)
            for (var c = 0; c < Cols; c++)
                result[(long)r * Cols + c] = (float)Read(r, c);
        return result;
    }

    /// <summary>Element (<paramref name="row"/>, <paramref name="col"/>) of any floating element type or weight format, widened.</summary>
    public double Read(int row, int col) => Type switch
    {
        DType.F32 => At<float>(row, col),
        DType.F64 => At<double>(row, col),
        DType.BF16 => Scalars.FromBF16(At<ushort>(row, col)),
        DType.F16 => (double)At<Half>(row, col),
        DType.I32 => At<int>(row, col),
        _ => WeightFormats.Read(this, row, col),
    };

    /// <summary>Sets every byte to zero.</summary>
    public void Clear()
    {
        for (var r = 0; r < Rows; r++)
            RowBytes(r).Clear();
    }

    /// <summary>The bytes of one row.</summary>
    public unsafe Span<byte> RowBytes(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows);
        return new Span<byte>((void*)(Address + (nint)(row * PitchBytes)), checked((int)Type.Bytes(Cols)));
    }

    /// <summary>Shape and type, for messages.</summary>
    public override string ToString() => $"[{Rows}, {Cols}] {Type}";

    private static void CheckShape(int rows, int cols)
    {
        if (rows < 0 || cols < 0)
            throw new ArgumentOutOfRangeException(nameof(rows), $"{rows} × {cols} is not a shape");
    }

    private void CheckRange(int start, int count, int limit, string what)
    {
        if (start < 0 || count < 0 || start > limit - count)
            throw new ArgumentOutOfRangeException(nameof(start), $"{what} {start}…{start + count} are outside {this}");
    }

    private void CheckLength(int length)
    {
        if (length != Count)
            throw new ArgumentException($"{length} values for {this}");
    }
}
