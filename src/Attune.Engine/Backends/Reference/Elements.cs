using System.Numerics;

namespace Attune.Engine.Backends;

/// <summary>Elements of any floating type, read and written as <typeparamref name="T"/>.</summary>
internal static class Elements<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public static T Read(Tensor x, int row, int col) => T.CreateTruncating(x.Read(row, col));

    /// <summary>One row, widened: how weights are read, whatever their format.</summary>
    public static T[] Row(Tensor x, int row)
    {
        var values = new T[x.Cols];
        for (var c = 0; c < values.Length; c++)
            values[c] = Read(x, row, c);
        return values;
    }

    /// <summary>The whole matrix by rows, widened; transposed where asked.</summary>
    public static T[][] Rows(Tensor x, bool transpose)
    {
        var rows = new T[transpose ? x.Cols : x.Rows][];
        for (var r = 0; r < rows.Length; r++)
        {
            rows[r] = new T[transpose ? x.Rows : x.Cols];
            for (var c = 0; c < rows[r].Length; c++)
                rows[r][c] = transpose ? Read(x, c, r) : Read(x, r, c);
        }
        return rows;
    }

    public static void Write(Tensor x, int row, int col, T value)
    {
        switch (x.Type)
        {
            case DType.F64:
                x.At<double>(row, col) = double.CreateTruncating(value);
                break;
            case DType.F32:
                x.At<float>(row, col) = float.CreateTruncating(value);
                break;
            case DType.BF16:
                x.At<ushort>(row, col) = Scalars.ToBF16(float.CreateTruncating(value));
                break;
            case DType.F16:
                x.At<Half>(row, col) = Half.CreateTruncating(value);
                break;
            default:
                throw new InvalidOperationException($"{x} does not hold floating numbers");
        }
    }

    /// <summary>target = value + β · target, where β = 0 does not read the target.</summary>
    public static void Accumulate(ref T target, T value, float beta) =>
        target = beta == 0 ? value : value + T.CreateTruncating(beta) * target;

    /// <summary>x = β · x, where β = 0 does not read x.</summary>
    public static void Scale(Tensor x, float beta)
    {
        for (var r = 0; r < x.Rows; r++)
            foreach (ref var element in x.Row<T>(r))
                Accumulate(ref element, T.Zero, beta);
    }
}
