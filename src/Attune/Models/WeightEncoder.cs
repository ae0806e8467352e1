using Attune.Engine;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Models;

/// <summary>Turns the values of a weight into the bytes of a file. Rows are rounded side by side on all cores: none knows of another.</summary>
internal static class WeightEncoder
{
    // So many elements at a time: enough for every core, and little beside the weight itself.
    private const int ChunkElements = 1 << 20;

    /// <summary>Writes all rows as a safetensors type; names the weight where a value does not fit the type.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="values">[rows, cols], any format.</param>
    /// <param name="type">F32, BF16 or F16.</param>
    /// <param name="byInputs">Write the transpose.</param>
    /// <param name="stream">Where to.</param>
    public static void Write(string name, Tensor values, SafeTensorsType type, bool byInputs, Stream stream)
    {
        var target = TypeOf(type);
        if (!byInputs)
        {
            Write(name, values.Rows, values.Cols, target, (r, row) => Widen(values, r, row), stream);
            return;
        }
        Write(name, values.Cols, values.Rows, target, (r, row) =>
        {
            for (var c = 0; c < row.Length; c++)
                row[c] = (float)values.Read(c, r);
        }, stream);
    }

    /// <summary>Writes rows that <paramref name="read"/> fills, from any thread.</summary>
    /// <exception cref="RunFailedException">A value does not fit the type.</exception>
    public static void Write(string name, int rows, int cols, DType type, Action<int, float[]> read, Stream stream) => Encode(name, rows, cols, type, read, (_, chunk) =>
    {
        for (var r = 0; r < chunk.Rows; r++)
            stream.Write(chunk.RowBytes(r));
    });

    /// <summary>Whether these values, written in the type of <paramref name="saved"/>, are its very bytes.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="values">[rows, cols], any format.</param>
    /// <param name="saved">[rows, cols], as a file has them.</param>
    public static bool AreSaved(string name, Tensor values, Tensor saved)
    {
        var same = true;
        Encode(name, values.Rows, values.Cols, saved.Type, (r, row) => Widen(values, r, row), (first, chunk) =>
        {
            for (var r = 0; r < chunk.Rows; r++)
                same &= chunk.RowBytes(r).SequenceEqual(saved.RowBytes(first + r));
        });
        return same;
    }

    // Rows that are read are rounded, chunk by chunk, and given on with the number of the first.
    private static void Encode(string name, int rows, int cols, DType type, Action<int, float[]> read, Action<int, Tensor> done)
    {
        var count = Math.Clamp(ChunkElements / Math.Max(1, cols), 1, Math.Max(1, rows));
        using var storage = Storage.Native(count * type.Bytes(cols));
        var chunk = Tensor.Over(storage, 0, type, count, cols);
        for (var start = 0; start < rows; start += count)
        {
            var first = start;
            var taken = Math.Min(count, rows - start);
            ForAll(taken, () => new float[cols], (r, row) =>
            {
                read(first + r, row);
                Check(name, row, type);
                chunk.RowRange(r, 1).Write(row);
            });
            done(start, chunk.RowRange(0, taken));
        }
    }

    /// <summary>Rounds values in their place to what a file of that type would hold.</summary>
    /// <param name="values">[rows, cols], F32.</param>
    /// <param name="type">F32, BF16 or F16.</param>
    public static void Round(Tensor values, SafeTensorsType type)
    {
        var rounded = Tensor.Allocate(TypeOf(type), 1, values.Cols);
        var row = new float[values.Cols];
        for (var r = 0; r < values.Rows; r++)
        {
            rounded.Write(values.Row<float>(r));
            Widen(rounded, 0, row);
            row.CopyTo(values.Row<float>(r));
        }
    }

    /// <summary>A copy of values of any format in a type of files.</summary>
    public static Tensor Rounded(Tensor values, SafeTensorsType type)
    {
        var rounded = Tensor.Allocate(TypeOf(type), values.Rows, values.Cols);
        rounded.Write((r, row) => Widen(values, r, row));
        return rounded;
    }

    /// <summary>One row of a tensor of any format as floats.</summary>
    public static void Widen(Tensor values, int r, float[] row)
    {
        if (values.Type == DType.F32)
        {
            values.Row<float>(r).CopyTo(row);
            return;
        }
        if (values.Type == DType.BF16)
        {
            var bits = values.Row<ushort>(r);
            for (var c = 0; c < row.Length; c++)
                row[c] = Scalars.FromBF16(bits[c]);
            return;
        }
        for (var c = 0; c < row.Length; c++)
            row[c] = (float)values.Read(r, c);
    }

    /// <summary>A safetensors type that weights are written in, as tensors name it.</summary>
    public static DType TypeOf(SafeTensorsType type) => type switch { SafeTensorsType.BF16 => DType.BF16, SafeTensorsType.F16 => DType.F16, _ => DType.F32 };

    private static void ForAll(int count, Func<float[]> make, Action<int, float[]> run)
    {
        try
        {
            Parallel.For(0, count, make, (i, _, row) =>
            {
                run(i, row);
                return row;
            }, static _ => { });
        }
        catch (AggregateException e) when (e.InnerExceptions.OfType<RunFailedException>().FirstOrDefault() is { } failed)
        {
            throw failed;
        }
    }

    // Scales of blocks are binary16 too, and at most the largest value.
    private static void Check(string name, float[] row, DType type)
    {
        if (type is DType.F32 or DType.BF16)
            return;
        var isBlock = type.BlockElements() > 1;
        var index = Array.FindIndex(row, v => isBlock ? !(Math.Abs(v) <= (float)Half.MaxValue) : float.IsFinite(v) && Half.IsInfinity((Half)v));
        if (index >= 0)
            throw new RunFailedException(new Problem(name, $"holds {row[index]}, and {type} ends at {Half.MaxValue}", "save as BF16 or F32"));
    }
}
