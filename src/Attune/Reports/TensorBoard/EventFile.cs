using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Attune.Problems;

namespace Attune.Reports.TensorBoard;

/// <summary>
/// A file of events that TensorBoard reads: TFRecord frames (length, masked CRC-32C of it, data, masked CRC-32C of the data), each with
/// one <c>tensorflow.Event</c> message. Every event is flushed before the call returns, so that a running training can be watched.
/// </summary>
/// <remarks>
/// Fields by tensorflow's event.proto and summary.proto: Event {1 wall_time double, 2 step int64, 3 file_version string, 5 summary,
/// 7 session_log}; Summary {1 repeated Value}; Value {1 tag string, 2 simple_value float}; SessionLog {1 status enum, START = 1}.
/// </remarks>
public sealed class EventFile : IDisposable
{
    private const string Prefix = "events.out.tfevents.";

    private readonly FileStream stream;
    private readonly TimeProvider clock;

    private EventFile(FileStream stream, TimeProvider clock) => (this.stream, this.clock) = (stream, clock);

    /// <summary>Begins a new file in a folder, behind those of the run's earlier parts; an existing file is never written to.</summary>
    /// <param name="folder">The folder; TensorBoard is pointed at it, or at a folder of such folders.</param>
    /// <param name="resumedAt">The step that a resumed run goes on from: what earlier files say of later steps is no longer shown. Null for a new run.</param>
    /// <param name="clock">For the file's name and the time of each event.</param>
    /// <exception cref="RunFailedException">The file cannot be made.</exception>
    public static EventFile Begin(string folder, int? resumedAt, TimeProvider clock)
    {
        var path = Path.Combine(folder, NextName(folder, clock));
        try
        {
            Directory.CreateDirectory(folder);
            // Without a buffer: what failed to be written must not be written again on closing.
            var file = new EventFile(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0), clock);
            file.Append(file.Event(0).Text(3, "brain.Event:2"));
            // TensorBoard drops what a killed part of the run wrote beyond the checkpoint.
            if (resumedAt is { } step)
                file.Append(file.Event(step + 1).Message(7, new ProtoWriter().Whole(1, 1)));
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException(new Problem(path, $"cannot be written: {e.Message}", "free space on the disk or check the folder's permissions, then run again to resume"), e);
        }
    }

    /// <summary>Writes the values of one step; those that are not finite too, which TensorBoard shows as such.</summary>
    /// <param name="step">Optimizer steps done.</param>
    /// <param name="values">By tag: <c>train/loss</c>; what stands before the slash groups them.</param>
    /// <exception cref="RunFailedException">The disk is full, or gone.</exception>
    public void Write(int step, params IReadOnlyList<(string Tag, double Value)> values)
    {
        var summary = new ProtoWriter();
        foreach (var (tag, value) in values)
            summary.Message(1, new ProtoWriter().Text(1, tag).Float(2, (float)value));
        try
        {
            Append(Event(step).Message(5, summary));
        }
        catch (Exception e) when (Formats.AtomicFile.IsOfTheDisk(e))
        {
            throw new RunFailedException(new Problem(stream.Name, $"cannot be written: {e.Message}", "free space on the disk, then run again to resume"), e);
        }
    }

    /// <inheritdoc />
    public void Dispose() => stream.Dispose();

    // TensorBoard reads the files of a folder in the order of their names, so that each must sort behind the last.
    private static string NextName(string folder, TimeProvider clock)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var last = !Directory.Exists(folder) ? 0 : Directory.EnumerateFiles(folder, Prefix + "*")
            .Select(static f => long.TryParse(Path.GetFileName(f)[Prefix.Length..].Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : 0)
            .DefaultIfEmpty(0).Max();
        return string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Math.Max(now, last + 1):D10}.attune");
    }

    private ProtoWriter Event(int step) => new ProtoWriter().Double(1, clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0).Whole(2, step);

    private void Append(ProtoWriter message)
    {
        var data = message.ToArray();
        var frame = new byte[8 + 4 + data.Length + 4];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), Masked(frame.AsSpan(0, 8)));
        data.CopyTo(frame, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(12 + data.Length), Masked(data));
        stream.Write(frame);
        stream.Flush();
    }

    /// <summary>CRC-32C (Castagnoli), turned right by 15 bits and moved by a constant, as TFRecord wants it: a CRC of data that holds CRCs is weak.</summary>
    internal static uint Masked(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data)
            crc = BitOperations.Crc32C(crc, b);
        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }
}
