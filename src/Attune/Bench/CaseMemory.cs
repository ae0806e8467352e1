using Attune.Engine;

namespace Attune.Bench;

/// <summary>The tensors of one case, given back together.</summary>
public sealed class CaseMemory : IDisposable
{
    // Rows that differ; more would make filling, which nobody asks about, longer than measuring.
    private const int Different = 16;

    private readonly List<Storage> storages = [];

    /// <summary>Zeros.</summary>
    public Tensor New(DType type, int rows, int cols)
    {
        var storage = Storage.Native(rows * type.Bytes(cols));
        storages.Add(storage);
        return Tensor.Over(storage, 0, type, rows, cols);
    }

    /// <summary>Numbers between −<paramref name="size"/> and <paramref name="size"/>, in any format that holds numbers.</summary>
    public Tensor Random(DType type, int rows, int cols, float size = 1)
    {
        var tensor = New(type, rows, cols);
        var state = 12345u;
        var distinct = Math.Min(rows, Different);
        var values = new float[distinct * cols];
        for (var i = 0; i < values.Length; i++)
        {
            state = state * 1664525 + 1013904223;
            values[i] = ((int)state >> 8) * (size / (1 << 23));
        }
        tensor.RowRange(0, distinct).Write(values);
        for (var r = distinct; r < rows; r++)
            tensor.RowBytes(r % distinct).CopyTo(tensor.RowBytes(r));
        return tensor;
    }

    /// <summary>Random F32.</summary>
    public Tensor Random(int rows, int cols) => Random(DType.F32, rows, cols);

    /// <summary>Whole numbers, one row; spread over 0 … <paramref name="limit"/> − 1.</summary>
    public Tensor Indices(int count, int limit)
    {
        var tensor = New(DType.I32, 1, count);
        tensor.Write([.. Enumerable.Range(0, count).Select(i => (int)(i * 2654435761L % limit))]);
        return tensor;
    }

    /// <summary>Bytes for a kernel's own use.</summary>
    public Tensor Workspace(long bytes)
    {
        const int row = 4096;
        return New(DType.U8, checked((int)((bytes + row - 1) / row)) + 1, row);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var storage in storages)
            storage.Dispose();
    }
}
