using Attune.Engine.Tests.Cpu;

namespace Attune.Engine.Tests.Formats;

/// <summary>
/// The block formats against golden blocks worked out by hand from the layouts in ggml-common.h, against their own scalar definition,
/// and against bounds on the error.
/// </summary>
public class BlockFormatTests
{
    public static TheoryData<DType> Types => [DType.Q8_0, DType.Q4_0, DType.Q5_0, DType.Q5_1, DType.Q4_K, DType.Q5_K, DType.Q6_K, DType.Int8];

    [Theory]
    [InlineData(DType.Q8_0, 32, 34)]
    [InlineData(DType.Q4_0, 32, 18)]
    [InlineData(DType.Q5_0, 32, 22)]
    [InlineData(DType.Q5_1, 32, 24)]
    [InlineData(DType.Q4_K, 256, 144)]
    [InlineData(DType.Q5_K, 256, 176)]
    [InlineData(DType.Q6_K, 256, 210)]
    [InlineData(DType.Int8, 64, 68)]
    public void A_block_has_the_size_that_files_have(DType type, int elements, int bytes)
    {
        Assert.Equal((elements, bytes), (type.BlockElements(), type.BlockBytes()));
        Assert.Equal(3L * bytes, type.Bytes(3 * elements));
        Assert.Throws<ArgumentException>(() => type.Bytes(elements + 1));
        Assert.Throws<ArgumentException>(() => Tensor.Allocate(type, 2, elements - 1));
    }

    // d = 0.5 (0x3800), the rest counts up; the wanted elements are worked out beside it.
    [Fact]
    public void Golden_q8_0() => Golden(DType.Q8_0, [0x00, 0x38, 1, 0xFF, 0x80, 127], (0, 0.5), (1, -0.5), (2, -64), (3, 63.5), (4, 0));

    [Fact]
    public void Golden_q4_0() => Golden(DType.Q4_0, [0x00, 0x38, 0xF0, 0x18], (0, -4), (16, 3.5), (1, 0), (17, -3.5), (2, -4));

    // Fifth bits: element 0 has one (bit 0), element 17 has one (bit 17).
    [Fact]
    public void Golden_q5_0() => Golden(DType.Q5_0, [0x00, 0x38, 0x01, 0x00, 0x02, 0x00, 0x03, 0x40], (0, 1.5), (16, -8), (1, -8), (17, 2));

    // m = −1 (0xBC00).
    [Fact]
    public void Golden_q5_1() => Golden(DType.Q5_1, [0x00, 0x38, 0x00, 0xBC, 0x01, 0x00, 0x02, 0x00, 0x03, 0x40], (0, 8.5), (16, -1), (1, -1), (17, 9));

    // d = 0.5, dmin = 0.25. Group 1: scale 2, minimum 4; group 5: scale 3 | 1 << 4 = 19, minimum 5 | 2 << 4 = 37.
    [Fact]
    public void Golden_q4_k()
    {
        byte[] block = [0x00, 0x38, 0x00, 0x34, 0, 2 | (1 << 6), 0, 0, 0, 4 | (2 << 6), 0, 0, 0, 3 | (5 << 4), 0, 0, .. new byte[128]];
        block[16 + 7] = 0xA0;                   // low groups 0 and 1, element 7: group 1 has 10
        block[16 + 64 + 31] = 0xF3;             // groups 4 and 5, element 31: 3 and 15
        Golden(DType.Q4_K, block, (32 + 7, 0.5 * 2 * 10 - 0.25 * 4), (32 + 8, -1), (0, 0), (5 * 32 + 31, 0.5 * 19 * 15 - 0.25 * 37), (4 * 32 + 31, 0));
    }

    [Fact]
    public void Golden_q5_k()
    {
        byte[] block = [0x00, 0x38, 0x00, 0x34, 0, 2 | (1 << 6), 0, 0, 0, 4 | (2 << 6), 0, 0, 0, 3 | (5 << 4), 0, 0, .. new byte[160]];
        block[16 + 31] = 1 << 5;                // fifth bit of element 31 of group 5
        block[48 + 7] = 0xA0;
        block[48 + 64 + 31] = 0xF3;
        Golden(DType.Q5_K, block, (32 + 7, 0.5 * 2 * 10 - 0.25 * 4), (32 + 8, -1), (5 * 32 + 31, 0.5 * 19 * 31 - 0.25 * 37));
    }

    // d = 0.5 as binary32.
    [Fact]
    public void Golden_int8() => Golden(DType.Int8, [0, 0, 0, 0x3F, 1, 0xFF, 0x81, 127], (0, 0.5), (1, -0.5), (2, -63.5), (3, 63.5), (4, 0));

    // The second half of the block: group 2 of it lies in high halves, its upper bits at bit 4.
    [Fact]
    public void Golden_q6_k()
    {
        var block = new byte[210];
        block[64 + 5] = 0x7A;                   // groups 0 and 2 of the second half, element 5: low halves 10 and 7
        block[128 + 32 + 5] = 0x32;             // upper bits: group 0 has 2, group 2 has 3
        block[192 + 8] = 3;                     // scale of elements 128 … 143
        block[192 + 12] = 0xFE;                 // scale −2 of elements 192 … 207
        (block[208], block[209]) = (0x00, 0x38);
        Golden(DType.Q6_K, block, (128 + 5, 0.5 * 3 * (10 + 32 - 32)), (192 + 5, 0.5 * -2 * (7 + 48 - 32)), (128 + 6, 0.5 * 3 * -32), (0, 0));
    }

    /// <summary>Vectors and definition give the same bits for random blocks, from any start, for any count, at every lane width.</summary>
    [Theory]
    [MemberData(nameof(Types))]
    public void Decoding_gives_the_definition_bit_for_bit(DType type)
    {
        var cols = 2 * Math.Max(256, type.BlockElements());
        var weight = RandomBlocks(type, 3, cols);
        foreach (var cpu in Sweep.Widths())
        {
            var rows = Tensor.Allocate(DType.I32, 1, 3);
            rows.Write([2, 0, 1]);
            var y = Tensor.Allocate(DType.F32, 3, cols);
            cpu.Index.Gather(weight, rows, y);
            foreach (var (to, from) in new[] { (0, 2), (1, 0), (2, 1) })
                for (var c = 0; c < cols; c++)
                    Assert.Equal(BitConverter.SingleToInt32Bits((float)weight.Read(from, c)), BitConverter.SingleToInt32Bits(y.At<float>(to, c)));
        }
    }

    /// <summary>What a format can say, it says: encoding its own numbers again changes nothing.</summary>
    [Theory]
    [InlineData(DType.Q8_0)]
    [InlineData(DType.Q4_0)]
    [InlineData(DType.Q5_0)]
    public void Its_own_numbers_come_back_exactly(DType type)
    {
        var once = Encoded(type, Normal(4 * 32, 3));
        Assert.Equal(once.ToArray(), Encoded(type, once.ToArray()).ToArray());
    }

    /// <summary>
    /// Root mean square of the error over that of normally distributed weights: an even grid over ±4σ of b bits errs by about
    /// 8σ / 2ᵇ / √12, block scales make it smaller; and no element is off by more than the widest step.
    /// </summary>
    [Theory]
    [InlineData(DType.Q8_0, 0.007)]
    [InlineData(DType.Q4_0, 0.11)]
    [InlineData(DType.Q5_0, 0.055)]
    [InlineData(DType.Q5_1, 0.045)]
    [InlineData(DType.Q4_K, 0.085)]
    [InlineData(DType.Q5_K, 0.043)]
    [InlineData(DType.Q6_K, 0.023)]
    [InlineData(DType.Int8, 0.008)]
    public void The_error_is_that_of_so_many_bits(DType type, double bound)
    {
        foreach (var scale in new[] { 1.0, 1e-3, 300 })
        {
            var x = Normal(8192, 5, scale);
            var y = Encoded(type, x).ToArray();
            var error = Math.Sqrt(x.Zip(y, static (a, b) => Math.Pow(a - b, 2)).Sum() / x.Sum(static a => (double)a * a));
            Assert.InRange(error, bound / 3, bound);
        }
    }

    /// <summary>Zeros, one spike, constants of either sign, all positive: nothing is lost and nothing is not a number.</summary>
    [Theory]
    [MemberData(nameof(Types))]
    public void Odd_blocks_stay_near(DType type)
    {
        var n = Math.Max(256, type.BlockElements());
        float[][] blocks =
        [
            new float[n], [.. Enumerable.Repeat(0.25f, n)], [.. Enumerable.Repeat(-0.25f, n)], [.. Enumerable.Range(0, n).Select(static i => i == 77 ? -3f : 0)],
            [.. Enumerable.Range(0, n).Select(static i => 1 + i % 32 / 32f)], [.. Enumerable.Range(0, n).Select(static i => i % 64 < 32 ? 0 : 1e-3f * (i % 7 - 3))],
        ];
        foreach (var x in blocks)
        {
            var y = Encoded(type, x).ToArray();
            var largest = x.Max(Math.Abs);
            for (var i = 0; i < n; i++)
                Assert.InRange(Math.Abs(x[i] - y[i]), 0, 0.14 * largest + 1e-30);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Encoding_is_by_whole_blocks(DType type)
    {
        var tensor = Tensor.Allocate(type, 2, 2 * type.BlockElements());
        Assert.Throws<ArgumentException>(() => tensor.ColRange(1, type.BlockElements()));
        Assert.Throws<ArgumentException>(() => tensor.ColRange(0, type.BlockElements() - 1));
        var x = Normal((int)tensor.Count, 9);
        tensor.Write(x);
        Assert.Equal(tensor.ColRange(type.BlockElements(), type.BlockElements()).ToArray()[..32], tensor.RowRange(0, 1).ToArray()[type.BlockElements()..][..32]);
        Assert.Equal(tensor.Bytes, 2 * tensor.PitchBytes);
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.Read(0, tensor.Cols));
    }

    private static void Golden(DType type, byte[] block, params (int Index, double Value)[] wanted)
    {
        var tensor = Tensor.Allocate(type, 1, type.BlockElements());
        block.CopyTo(tensor.RowBytes(0));
        foreach (var (index, value) in wanted)
            Assert.Equal(value, tensor.Read(0, index));
    }

    private static Tensor Encoded(DType type, float[] x)
    {
        var tensor = Tensor.Allocate(type, 1, x.Length);
        tensor.Write(x);
        return tensor;
    }

    // Any bytes, with scales that are ordinary numbers.
    private static Tensor RandomBlocks(DType type, int rows, int cols)
    {
        var tensor = GuardedStorage.Tensor(type, rows, cols);
        var key = RandomKey.OfSeed(11);
        var halves = type switch { DType.Q6_K => new[] { 208 }, DType.Q8_0 or DType.Q4_0 or DType.Q5_0 => [0], _ => [0, 2] };
        for (var r = 0; r < rows; r++)
        {
            var bytes = tensor.RowBytes(r);
            for (var i = 0; i < bytes.Length; i++)
                bytes[i] = (byte)(256 * key.Uniform((long)r * bytes.Length + i));
            for (var b = 0; b < bytes.Length; b += type.BlockBytes())
                foreach (var at in type == DType.Int8 ? [] : halves)
                    BitConverter.TryWriteBytes(bytes[(b + at)..], (Half)(key.Normal(b + at) / 16));
        }
        return tensor;
    }

    private static float[] Normal(int count, int seed, double scale = 1) => [.. Enumerable.Range(0, count).Select(i => (float)(scale * RandomKey.OfSeed(seed).Normal(i)))];
}
