using System.Buffers.Binary;
using System.Text;
using Attune.Engine;
using Attune.Formats.Gguf;
using Attune.Problems;

namespace Attune.Tests.Formats.Gguf;

public sealed class GgufFileTests : IDisposable
{
    private readonly TempFolder temp = new();

    public void Dispose() => temp.Dispose();

    [Fact]
    public void What_is_written_is_read_back()
    {
        var path = Write();
        using var file = GgufFile.Open(path);
        Assert.Equal("llama", file.Metadata.RequiredString("general.architecture"));
        Assert.Equal(7, file.Metadata.Int("n"));
        Assert.Equal(1e-5, file.Metadata.Number("epsilon"));
        Assert.True(file.Metadata.Bool("flag"));
        Assert.Equal(["a", "ü", ""], file.Metadata.Strings("texts"));
        Assert.Equal([0.5f, -1], file.Metadata.Floats("scores"));
        Assert.Equal([3, -4], file.Metadata.Ints("kinds"));
        Assert.Equal([2L, 32], file.Tensors["b"].Shape);
        Assert.All(file.Tensors.Values, static t => Assert.Equal(0, t.Offset % 32));
        Assert.Equal(Enumerable.Range(0, 3).Select(static i => (float)i), file.Map(file.Tensors["a"]).ToArray());
        Assert.Equal(DType.Q8_0, file.Map(file.Tensors["b"]).Type);
        Assert.Equal(1, file.Map(file.Tensors["b"]).Read(1, 31), 1e-3);
    }

    /// <summary>The first bytes by hand from docs/gguf.md: magic, version, counts, then the first key.</summary>
    [Fact]
    public void The_header_is_that_of_the_specification()
    {
        var bytes = File.ReadAllBytes(Write());
        Assert.Equal("GGUF"u8.ToArray(), bytes[..4]);
        Assert.Equal([3u, 2u, 0u, 7u, 0u], Enumerable.Range(0, 5).Select(i => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4 + 4 * i))));
        Assert.Equal(20ul, BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(24)));
        Assert.Equal("general.architecture", Encoding.ASCII.GetString(bytes, 32, 20));
        Assert.Equal(8u, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(52)));
        Assert.Equal("llama", Encoding.ASCII.GetString(bytes, 64, 5));
    }

    /// <summary>Cut off anywhere, it is refused in words.</summary>
    [Fact]
    public void A_file_that_is_cut_off_is_refused()
    {
        var bytes = File.ReadAllBytes(Write());
        for (var length = 0; length < bytes.Length - 40; length += length < 400 ? 1 : 17)
            Refused(bytes[..length]);
    }

    /// <summary>Any byte of the header changed: read as something else or refused in words, never an accident.</summary>
    [Fact]
    public void A_damaged_header_does_no_harm()
    {
        var bytes = File.ReadAllBytes(Write());
        for (var at = 0; at < bytes.Length - 40; at++)
        {
            foreach (var value in new byte[] { 0, 0x7F, 0xFF })
            {
                var damaged = bytes.ToArray();
                damaged[at] = value;
                var path = temp.File("damaged.gguf");
                File.WriteAllBytes(path, damaged);
                try
                {
                    using var file = GgufFile.Open(path);
                    foreach (var tensor in file.Tensors.Values.Where(static t => t.Type.Type is not null))
                        file.Map(tensor).ToArray();
                }
                catch (UserErrorException)
                {
                    // Said in words: well.
                }
            }
        }
    }

    [Theory]
    [InlineData(0, 0x48u, "does not begin")]
    [InlineData(4, 9u, "version 9")]
    [InlineData(4, 0x03000000u, "big-endian")]
    [InlineData(8, 0xFFFFFFu, "tensors")]
    [InlineData(16, 0x7FFFFFFFu, "keys")]
    [InlineData(24, 0x7FFFFFFFu, "text of")]
    public void Counts_are_held_against_the_file(int at, uint value, string message)
    {
        var bytes = File.ReadAllBytes(Write());
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);
        Assert.Contains(message, Refused(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_may_not_share_bytes_nor_leave_the_file()
    {
        var bytes = File.ReadAllBytes(Write());
        // The last eight bytes before the padding of the header are the second tensor's offset.
        var at = bytes.AsSpan().IndexOf("\u0001\0\0\0\0\0\0\0b"u8) + 9 + 4 + 16 + 4;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), 0);
        Assert.Contains("same bytes", Refused(bytes), StringComparison.Ordinal);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), 1 << 20);
        Assert.Contains("within the file", Refused(bytes), StringComparison.Ordinal);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), 64);
        Assert.Contains("cut off", Refused(bytes), StringComparison.Ordinal);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), 5);
        Assert.Contains("multiple of 32", Refused(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_values_name_file_and_key()
    {
        using var file = GgufFile.Open(Write());
        foreach (var read in new Action[] { () => file.Metadata.Int("texts"), () => file.Metadata.String("n"), () => file.Metadata.Bool("n"), () => file.Metadata.RequiredInt("none"), () => file.Metadata.Floats("texts"), () => file.Metadata.Int("n", 8) })
            Assert.StartsWith(file.Path, Assert.Throws<UserErrorException>(read).Problems[0].Place, StringComparison.Ordinal);
    }

    private string Write()
    {
        var path = temp.File("file.gguf");
        GgufWriter.Write(
            path,
            [
                new("general.architecture", "llama"), new("n", 7u), new("epsilon", 1e-5f), new("flag", true), new("texts", new[] { "a", "ü", "" }),
                new("scores", new[] { 0.5f, -1 }), new("kinds", new[] { 3, -4 }),
            ],
            [new("a", DType.F32, [3]), new("b", DType.Q8_0, [2, 32])],
            static (declared, stream) =>
            {
                var tensor = Tensor.Allocate(declared.Type, declared.Type == DType.F32 ? 1 : 2, declared.Type == DType.F32 ? 3 : 32);
                tensor.Write([.. Enumerable.Range(0, (int)tensor.Count).Select(static i => i < 3 ? i : i / 63f)]);
                for (var r = 0; r < tensor.Rows; r++)
                    stream.Write(tensor.RowBytes(r));
            });
        return path;
    }

    private string Refused(byte[] bytes)
    {
        var path = temp.File("refused.gguf");
        File.WriteAllBytes(path, bytes);
        return Assert.Throws<UserErrorException>(() => GgufFile.Open(path).Dispose()).Message;
    }
}
