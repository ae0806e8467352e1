using System.Buffers.Binary;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using Attune.Data;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Distillation;

/// <summary>A file of a teacher's log-probabilities, mapped into memory: whoever learns from it needs no teacher.</summary>
public sealed class LogitsFile : ISortedSource, IDisposable
{
    private readonly string path;
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly Dictionary<ExampleKey, (long First, long Count)> places;

    private LogitsFile(string path, MemoryMappedFile map, MemoryMappedViewAccessor view, LogitsHeader header, Dictionary<ExampleKey, (long First, long Count)> places) =>
        (this.path, this.map, this.view, Header, this.places) = (path, map, view, header, places);

    /// <summary>What it says of itself.</summary>
    public LogitsHeader Header { get; }

    /// <summary>Opens a file; header and index are checked, rows as they are read.</summary>
    /// <exception cref="UserErrorException">It is missing, damaged, or something else.</exception>
    public static LogitsFile Open(string path)
    {
        var map = InputFile.Read(path, static p => new FileInfo(p).Length == 0 ? null : MemoryMappedFile.CreateFromFile(p, FileMode.Open, null, 0, MemoryMappedFileAccess.Read))
            ?? throw new UserErrorException(path, "is empty", "make it again: attune distill logits");
        MemoryMappedViewAccessor? view = null;
        try
        {
            var length = new FileInfo(path).Length;
            view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            var bytes = new byte[LogitsHeader.Bytes];
            var header = LogitsHeader.Read(path, bytes.AsSpan(0, view.ReadArray(0, bytes, 0, (int)Math.Min(bytes.Length, length))), length);
            return new LogitsFile(path, map, view, header, ReadIndex(path, view, header));
        }
        catch
        {
            view?.Dispose();
            map.Dispose();
            throw;
        }
    }

    /// <summary>The number of an example's first row; null where the file does not know it.</summary>
    public long? Find(Example example) =>
        places.TryGetValue(ExampleKey.Of(example), out var place) && place.Count == example.TrainedTokens ? place.First : null;

    /// <summary>Rows that say something, and the mean probability of what is not among their kept tokens.</summary>
    public (long Known, double MeanRest) Summary()
    {
        var (known, sum) = (0L, 0.0);
        for (long row = 0; row < Header.Rows; row++)
        {
            var rest = view.ReadSingle(Header.RowsAt + (row + 1) * Header.RowBytes - 4);
            (known, sum) = rest < 0 ? (known, sum) : (known + 1, sum + rest);
        }
        return (known, sum / Math.Max(1, known));
    }

    /// <summary>Reads a row.</summary>
    /// <param name="row">Its number.</param>
    /// <param name="buffer">Room for the bytes of a row.</param>
    /// <param name="ids">K tokens, the most likely first.</param>
    /// <param name="logs">Their log-probabilities.</param>
    /// <returns>The probability of all others together; −1 where the row says nothing.</returns>
    /// <exception cref="RunFailedException">The row is damaged.</exception>
    internal float Read(long row, byte[] buffer, Span<int> ids, Span<float> logs)
    {
        view.ReadArray(Header.RowsAt + row * Header.RowBytes, buffer, 0, Header.RowBytes);
        var rest = BinaryPrimitives.ReadSingleLittleEndian(buffer.AsSpan(Header.RowBytes - 4));
        var sound = rest is >= 0 and <= 1 || (Header.Sorted && rest == -1);
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = Header.IdBytes == 0 ? 0 : Header.IdBytes == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(2 * i)) : BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(4 * i));
            logs[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(buffer.AsSpan(Header.IdBytes * ids.Length + 2 * i));
            sound &= (uint)ids[i] < (uint)Header.Vocabulary && logs[i] <= 0;
        }
        return sound ? rest : throw new RunFailedException(new Problem(
            path, string.Create(CultureInfo.InvariantCulture, $"is damaged: row {row} holds a token or a probability that cannot be"), "make it again: attune distill logits"));
    }

    float ISortedSource.Read(long row, byte[] buffer, Span<int> ids, Span<float> logs) => Read(row, buffer, ids, logs);

    /// <inheritdoc />
    public void Dispose()
    {
        view.Dispose();
        map.Dispose();
    }

    private static Dictionary<ExampleKey, (long First, long Count)> ReadIndex(string path, MemoryMappedViewAccessor view, LogitsHeader header)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var places = new Dictionary<ExampleKey, (long, long)>();
        var entry = new byte[LogitsHeader.IndexBytes];
        var (before, first) = (default(ExampleKey), 0L);
        for (long i = 0; i <= header.Examples; i++)
        {
            var next = header.Rows;
            var key = before;
            if (i < header.Examples)
            {
                view.ReadArray(LogitsHeader.Bytes + i * LogitsHeader.IndexBytes, entry, 0, entry.Length);
                hash.AppendData(entry);
                (key, next) = (ExampleKey.Read(entry), BinaryPrimitives.ReadInt64LittleEndian(entry.AsSpan(ExampleKey.Bytes)));
            }
            // Every example has a row at least, and the first begins with the first.
            if (i == 0 ? next != 0 : next <= first || next > header.Rows || !places.TryAdd(before, (first, next - first)))
                throw LogitsHeader.Damaged(path, "its index cannot be");
            (before, first) = (key, next);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset()) == header.Data ? places : throw LogitsHeader.Damaged(path, "its index does not have the hash that its header states");
    }
}
