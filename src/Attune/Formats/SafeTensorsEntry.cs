namespace Attune.Formats;

/// <summary>One tensor of a safetensors file, as its checked header tells it.</summary>
public sealed class SafeTensorsEntry
{
    internal SafeTensorsEntry(string name, SafeTensorsType type, long[] shape, long offset, long byteLength)
    {
        Name = name;
        Type = type;
        Shape = shape;
        Offset = offset;
        ByteLength = byteLength;
    }

    /// <summary>The name in the file.</summary>
    public string Name { get; }

    /// <summary>The element type.</summary>
    public SafeTensorsType Type { get; }

    /// <summary>Dimensions, slowest first; empty for a scalar. None is negative and their product fits.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>First byte, counted from the file's start. No alignment is promised.</summary>
    public long Offset { get; }

    /// <summary>Length in bytes: elements times their size.</summary>
    public long ByteLength { get; }

    /// <summary>Number of elements: 1 for a scalar, 0 where a dimension is 0.</summary>
    public long ElementCount => ByteLength / Type.ByteSize();

    /// <summary>Type and shape for messages: <c>F32 [97, 32]</c>.</summary>
    public override string ToString() => $"{Type} [{string.Join(", ", Shape)}]";
}
