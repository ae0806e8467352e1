namespace Attune.Formats;

/// <summary>Element types of the safetensors format that Attune reads and writes; the members' names are the names in the files.</summary>
public enum SafeTensorsType
{
    /// <summary>IEEE 754 binary64.</summary>
    F64,

    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>The upper half of a binary32.</summary>
    BF16,

    /// <summary>Signed, 8 bytes.</summary>
    I64,

    /// <summary>Signed, 4 bytes.</summary>
    I32,

    /// <summary>Signed, 2 bytes.</summary>
    I16,

    /// <summary>Signed, 1 byte.</summary>
    I8,

    /// <summary>Unsigned, 1 byte; also the carrier of packed formats.</summary>
    U8,

    /// <summary>One byte, 0 or 1.</summary>
    BOOL,
}

/// <summary>Sizes and names of <see cref="SafeTensorsType"/>.</summary>
public static class SafeTensorsTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int ByteSize(this SafeTensorsType type) => type switch
    {
        SafeTensorsType.F64 or SafeTensorsType.I64 => 8,
        SafeTensorsType.F32 or SafeTensorsType.I32 => 4,
        SafeTensorsType.F16 or SafeTensorsType.BF16 or SafeTensorsType.I16 => 2,
        _ => 1,
    };

    /// <summary>All names, for messages.</summary>
    internal static string Names { get; } = string.Join(", ", Enum.GetNames<SafeTensorsType>());

    /// <summary>The type of that exact name. Not <see cref="Enum.TryParse{T}(string, out T)"/>: that takes numbers and lists too.</summary>
    internal static bool TryParse(string name, out SafeTensorsType type)
    {
        var index = Array.IndexOf(Enum.GetNames<SafeTensorsType>(), name);
        type = (SafeTensorsType)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>Bytes of a tensor of that shape (rank 0: one element); null where a dimension is negative or the product overflows.</summary>
    internal static long? ByteLength(SafeTensorsType type, IReadOnlyList<long> shape)
    {
        long bytes = type.ByteSize();
        foreach (var n in shape)
        {
            var next = (Int128)bytes * n;
            if (n < 0 || next > long.MaxValue)
                return null;
            bytes = (long)next;
        }
        return bytes;
    }
}
