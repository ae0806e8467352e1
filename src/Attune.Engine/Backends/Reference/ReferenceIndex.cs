using System.Numerics;

namespace Attune.Engine.Backends;

/// <summary>Rows taken and given, one after the other.</summary>
internal sealed class ReferenceIndex<T> : IIndexKernels where T : unmanaged, IFloatingPointIeee754<T>
{
    public void Gather(Tensor table, Tensor rows, Tensor y)
    {
        for (var i = 0; i < rows.Cols; i++)
            Elements<T>.Row(table, Checked(rows, i, table)).CopyTo(y.Row<T>(i));
    }

    public void ScatterAdd(Tensor x, Tensor rows, Tensor table)
    {
        for (var i = 0; i < rows.Cols; i++)
        {
            var source = x.Row<T>(i);
            var target = table.Row<T>(Checked(rows, i, table));
            for (var c = 0; c < source.Length; c++)
                target[c] += source[c];
        }
    }

    private static int Checked(Tensor rows, int i, Tensor table)
    {
        var row = rows.At<int>(0, i);
        return (uint)row < (uint)table.Rows
            ? row
            : throw new ArgumentOutOfRangeException(nameof(rows), row, $"entry {i} is not a row of {table}");
    }
}
