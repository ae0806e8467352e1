using Attune.Engine.Autograd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>What kernels over raw addresses must know before they run.</summary>
internal static class Check
{
    /// <summary>The tensor itself, if it is F32 or null.</summary>
    public static Tensor? Floats(Tensor? tensor) => tensor is null or { Type: DType.F32 }
        ? tensor
        : throw new ShapeException($"an F32 tensor was expected, not {tensor}");

    public static void SameShape(string what, Tensor a, Tensor b)
    {
        if (a.Rows != b.Rows || a.Cols != b.Cols)
            throw new ShapeException($"{what}: {a} and {b}");
    }

    /// <summary>One row of a given length.</summary>
    public static void Cols(string what, Tensor? row, int cols)
    {
        if (row is not null && (row.Rows != 1 || row.Cols != cols))
            throw new ShapeException($"{what}: {row} instead of [1, {cols}]");
    }

    /// <summary>One row of indices in 0 … limit − 1.</summary>
    public static unsafe void Indices(string what, Tensor indices, int count, int limit)
    {
        Cols(what, indices, count);
        if (indices.Type != DType.I32)
            throw new ShapeException($"{what}: indices of type {indices.Type}");
        var values = new ReadOnlySpan<int>((void*)indices.Address, count);
        for (var i = 0; i < values.Length; i++)
        {
            if ((uint)values[i] >= (uint)limit)
                throw new ArgumentOutOfRangeException(nameof(indices), values[i], $"{what}: index {i} is {values[i]}, not in 0 … {limit - 1}");
        }
    }
}
