using System.Buffers.Binary;
using System.Text;
using Attune.Reports.TensorBoard;
using Attune.Tests.Formats;

namespace Attune.Tests.Reports;

/// <summary>Event files, read back by a decoder that was written from the specifications of TFRecord and of Protocol Buffers alone.</summary>
public sealed class EventFileTests : IDisposable
{
    private readonly TempFolder temp = new();

    public void Dispose() => temp.Dispose();

    [Fact]
    public void What_was_written_is_read_back()
    {
        using (var file = EventFile.Begin(temp.Path, null, new Clock(1000)))
        {
            file.Write(1, ("train/loss", 2.5), ("train/learning_rate", 1e-4));
            // Flushed event by event: another reader sees them while the file is open.
            Assert.Equal(2, Read(Only()).Count);
            file.Write(300, ("valid/loss", double.NaN));
        }
        var events = Read(Only());
        Assert.Equal("events.out.tfevents.0000001000.attune", Path.GetFileName(Only()));
        Assert.Equal("brain.Event:2", events[0].Version);
        Assert.Equal([0, 1, 300], events.Select(static e => e.Step));
        Assert.All(events, static e => Assert.Equal(1000, e.Time));
        Assert.Equal([("train/loss", 2.5f), ("train/learning_rate", 1e-4f)], events[1].Values);
        Assert.Equal([("valid/loss", float.NaN)], events[2].Values);
    }

    [Fact]
    public void A_resumed_run_begins_a_file_that_sorts_behind_the_others_and_takes_back_later_steps()
    {
        EventFile.Begin(temp.Path, null, new Clock(2000)).Dispose();
        // The clock was set back: the name must not be.
        EventFile.Begin(temp.Path, 7, new Clock(1500)).Dispose();
        EventFile.Begin(temp.Path, 0, new Clock(1500)).Dispose();
        var files = Directory.GetFiles(temp.Path).Order(StringComparer.Ordinal).Select(Read).ToArray();
        Assert.Single(files[0]);
        Assert.Equal([("brain.Event:2", 0L, 0L), (null, 8L, 1L)], files[1].Select(static e => (e.Version, e.Step, e.SessionStatus)));
        Assert.Equal([("brain.Event:2", 0L, 0L), (null, 1L, 1L)], files[2].Select(static e => (e.Version, e.Step, e.SessionStatus)));
    }

    /// <summary>The check value of CRC-32C in RFC 3720 (32 zero bytes: 8A9136AA), masked by hand.</summary>
    [Fact]
    public void Checksums_are_masked_castagnoli()
    {
        Assert.Equal(0x8A9136AAu, Crc(new byte[32]));
        Assert.Equal(unchecked(((0x8A9136AAu >> 15) | (0x8A9136AAu << 17)) + 0xa282ead8u), EventFile.Masked(new byte[32]));
    }

    private string Only() => Assert.Single(Directory.GetFiles(temp.Path));

    private sealed record Event(double Time, long Step, string? Version, (string Tag, float Value)[] Values, long SessionStatus);

    private static List<Event> Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var events = new List<Event>();
        for (var at = 0; at < bytes.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
            Assert.Equal(Unmask(bytes.AsSpan(at + 8)), Crc(bytes.AsSpan(at, 8)));
            Assert.Equal(Unmask(bytes.AsSpan(at + 12 + length)), Crc(bytes.AsSpan(at + 12, length)));
            events.Add(Decode(bytes.AsSpan(at + 12, length)));
            at += 16 + length;
        }
        return events;
    }

    private static Event Decode(ReadOnlySpan<byte> message)
    {
        var (time, step, version, values, status) = (0.0, 0L, (string?)null, new List<(string, float)>(), 0L);
        foreach (var (field, number, block) in Fields(message))
        {
            switch (field)
            {
                case 1: time = BitConverter.Int64BitsToDouble(number); break;
                case 2: step = number; break;
                case 3: version = Encoding.UTF8.GetString(block); break;
                case 5: values.AddRange(Fields(block).Select(static v => Value(v.Block))); break;
                case 7: status = Fields(block).Single(static f => f.Field == 1).Number; break;
                default: Assert.Fail($"field {field} is none of those that are written"); break;
            }
        }
        return new Event(time, step, version, [.. values], status);
    }

    private static (string, float) Value(byte[] message)
    {
        var fields = Fields(message).ToDictionary(static f => f.Field);
        return (Encoding.UTF8.GetString(fields[1].Block), BitConverter.Int32BitsToSingle((int)fields[2].Number));
    }

    private static List<(int Field, long Number, byte[] Block)> Fields(ReadOnlySpan<byte> message)
    {
        var fields = new List<(int, long, byte[])>();
        while (message.Length > 0)
        {
            var key = Varint(ref message);
            var (number, block) = (0L, Array.Empty<byte>());
            switch (key & 7)
            {
                case 0: number = Varint(ref message); break;
                case 1: number = BinaryPrimitives.ReadInt64LittleEndian(message); message = message[8..]; break;
                case 2:
                    var length = (int)Varint(ref message);
                    block = message[..length].ToArray();
                    message = message[length..];
                    break;
                case 5: number = BinaryPrimitives.ReadInt32LittleEndian(message); message = message[4..]; break;
                default: Assert.Fail($"wire type {key & 7}"); break;
            }
            fields.Add(((int)(key >> 3), number, block));
        }
        return fields;
    }

    private static long Varint(ref ReadOnlySpan<byte> bytes)
    {
        long value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var b = bytes[0];
            bytes = bytes[1..];
            value |= (long)(b & 0x7F) << shift;
            if (b < 0x80)
                return value;
        }
    }

    private static uint Unmask(ReadOnlySpan<byte> bytes)
    {
        var turned = unchecked(BinaryPrimitives.ReadUInt32LittleEndian(bytes) - 0xa282ead8u);
        return (turned << 15) | (turned >> 17);
    }

    // Bit by bit, by the reflected polynomial.
    private static uint Crc(ReadOnlySpan<byte> data)
    {
        var crc = 0xFFFFFFFFu;
        foreach (var b in data)
        {
            crc ^= b;
            for (var i = 0; i < 8; i++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
        }
        return ~crc;
    }

    private sealed class Clock(long seconds) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(seconds);
    }
}
