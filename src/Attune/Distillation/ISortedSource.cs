using System.Buffers.Binary;

namespace Attune.Distillation;

/// <summary>Where rows of a teacher's sorted probabilities come from: a file, or a teacher that has just read them.</summary>
internal interface ISortedSource
{
    /// <summary>How rows are made.</summary>
    LogitsHeader Header { get; }

    /// <summary>Reads a row.</summary>
    /// <param name="row">Its number.</param>
    /// <param name="buffer">Room for the bytes of a row.</param>
    /// <param name="ids">Room for K tokens; means nothing where rows are sorted.</param>
    /// <param name="logs">K log-probabilities, the largest first.</param>
    /// <returns>The probability of all others together; −1 where the row says nothing.</returns>
    float Read(long row, byte[] buffer, Span<int> ids, Span<float> logs);
}

/// <summary>Rows in memory, in the bytes that a file has: what is learned of them is the same.</summary>
/// <param name="header">How they are made.</param>
/// <param name="rows">One behind the other.</param>
internal sealed class SortedRows(LogitsHeader header, byte[] rows) : ISortedSource
{
    public LogitsHeader Header => header;

    public float Read(long row, byte[] buffer, Span<int> ids, Span<float> logs)
    {
        var bytes = rows.AsSpan(checked((int)(row * header.RowBytes)), header.RowBytes);
        for (var i = 0; i < logs.Length; i++)
            logs[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]);
        return BinaryPrimitives.ReadSingleLittleEndian(bytes[^4..]);
    }
}
