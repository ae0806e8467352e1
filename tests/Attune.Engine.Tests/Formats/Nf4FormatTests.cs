using System.Security.Cryptography;
using System.Text.Json;
using Attune.Engine.Formats;
using Attune.Engine.Tests.Cpu;

namespace Attune.Engine.Tests.Formats;

/// <summary>NF4 with double quantisation against what tests/Fixtures/make_nf4.py computes from the published formulas.</summary>
public unsafe class Nf4FormatTests
{
    [Fact]
    public void Codes_scales_and_numbers_are_those_of_the_published_formulas()
    {
        var golden = Golden();
        var tensor = Written(golden);
        var (codes, scaleCodes) = (new List<byte>(), new List<int>());
        var blocks = tensor.Cols / Nf4Format.Elements;
        for (var r = 0; r < tensor.Rows; r++)
        {
            fixed (byte* row = tensor.RowBytes(r))
            {
                Assert.Equal(golden.GetProperty("mean").GetSingle(), *(float*)(row + 4));
                for (var b = 0; b < blocks; b++)
                {
                    var at = Nf4Format.Block(row, b);
                    scaleCodes.Add(*at);
                    for (var i = 0; i < 64; i++)
                        codes.Add((byte)((at[1 + i % 16 * 2 + i / 32] >> (i / 16 % 2 * 4)) & 15));
                }
            }
        }
        Assert.Equal(golden.GetProperty("scale_codes").EnumerateArray().Select(static c => c.GetInt32()), scaleCodes);
        Assert.Equal(golden.GetProperty("first_codes").EnumerateArray().Select(static c => (byte)c.GetInt32()), codes.Take(64));
        Assert.Equal(golden.GetProperty("codes_sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(codes.ToArray())));
        var index = 0;
        foreach (var value in golden.GetProperty("every_601st").EnumerateArray())
        {
            Assert.Equal(value.GetSingle(), (float)tensor.Read(index / tensor.Cols, index % tensor.Cols));
            index += 601;
        }
    }

    /// <summary>Blocks 240 … 299 stand in the last row; the second shared scale begins with block 256 of the tensor, its block 16.</summary>
    [Fact]
    public void A_row_holds_the_scales_that_its_blocks_share_with_other_rows()
    {
        var golden = Golden();
        var tensor = Written(golden);
        fixed (byte* row = tensor.RowBytes(4))
        {
            Assert.Equal((2, 16), (((ushort*)row)[0], ((ushort*)row)[1]));
            Assert.Equal(golden.GetProperty("scales").EnumerateArray().Select(static s => s.GetSingle()), new ReadOnlySpan<float>(row + 8, 2).ToArray());
        }
    }

    /// <summary>Vectors and definition give the same bits, from any start, for any count, at every lane width.</summary>
    [Fact]
    public void Decoding_gives_the_definition_bit_for_bit()
    {
        var tensor = Written(Golden());
        foreach (var cpu in Sweep.Widths())
        {
            var rows = Tensor.Allocate(DType.I32, 1, 2);
            rows.Write([4, 1]);
            var y = Tensor.Allocate(DType.F32, 2, tensor.Cols);
            cpu.Index.Gather(tensor, rows, y);
            foreach (var (to, from) in new[] { (0, 4), (1, 1) })
                for (var c = 0; c < tensor.Cols; c++)
                    Assert.Equal(BitConverter.SingleToInt32Bits((float)tensor.Read(from, c)), BitConverter.SingleToInt32Bits(y.At<float>(to, c)));
        }
    }

    /// <summary>4.13 bits an element in long rows, as the paper says; a row's head adds what short rows share less of.</summary>
    [Fact]
    public void Rows_are_as_long_as_their_blocks_and_their_head()
    {
        Assert.Equal(16 + 9 * 33, DType.NF4.Bytes(576));
        Assert.Equal(2L * (16 + 9 * 33), Tensor.Allocate(DType.NF4, 2, 576).Bytes);
        Assert.InRange(8.0 * DType.NF4.Bytes(1 << 20) / (1 << 20), 4.12, 4.15);
        Assert.Throws<ArgumentException>(() => DType.NF4.Bytes(100));
        Assert.Throws<ArgumentException>(() => Tensor.Allocate(DType.NF4, 2, 576).ColRange(64, 64));
    }

    /// <summary>Normal weights err by about 9 % (root mean square over theirs), whatever their size; zeros stay zeros.</summary>
    [Fact]
    public void The_error_is_that_of_four_bits()
    {
        foreach (var size in new[] { 1.0, 1e-4, 300 })
        {
            var x = Enumerable.Range(0, 40 * 128).Select(i => (float)(size * RandomKey.OfSeed(3).Normal(i))).ToArray();
            var tensor = Tensor.Allocate(DType.NF4, 40, 128);
            tensor.Write(x);
            var error = Math.Sqrt(x.Zip(tensor.ToArray(), static (a, b) => Math.Pow(a - b, 2)).Sum() / x.Sum(static a => (double)a * a));
            Assert.InRange(error, 0.06, 0.11);
        }
        var zeros = Tensor.Allocate(DType.NF4, 3, 64);
        zeros.Write(new float[192]);
        Assert.All(zeros.ToArray(), static v => Assert.Equal(0, v));
    }

    private static Tensor Written(JsonElement golden)
    {
        var (rows, cols) = (golden.GetProperty("rows").GetInt32(), golden.GetProperty("cols").GetInt32());
        var state = 12345u;
        var values = new float[rows * cols];
        for (var i = 0; i < values.Length; i++)
        {
            state = state * 1664525 + 1013904223;
            values[i] = ((int)(state >> 16) - 32768) * (1 + i / 64 % 7) / 524288f;
        }
        var tensor = Tensor.Allocate(DType.NF4, rows, cols);
        tensor.Write(values);
        return tensor;
    }

    private static JsonElement Golden() => Fixture.Json("nf4.json");
}
