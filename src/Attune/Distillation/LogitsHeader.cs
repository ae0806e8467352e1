using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Attune.Problems;

namespace Attune.Distillation;

/// <summary>
/// What a file of a teacher's log-probabilities says of itself: 512 bytes, little-endian, the last 32 of which are the SHA-256 of the
/// others. Behind it stands an index of the examples (16 bytes of the SHA-256 of ids and mask, then the number of the first row, 8 bytes),
/// then the rows, all equally long.
/// </summary>
public sealed record LogitsHeader
{
    /// <summary>Bytes of the header.</summary>
    public const int Bytes = 512;

    /// <summary>Bytes of an example in the index.</summary>
    internal const int IndexBytes = 24;

    private const int Version = 1, LongestName = 256, HashBytes = 32, Hashes = 56;
    private const int NameAt = Hashes + 4 * HashBytes, SumAt = Bytes - HashBytes;

    /// <summary>Tokens V that the teacher's tokenizer knows.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>
    /// Whether the rows say how likely the K likeliest tokens are, and not which they are: what a student with other tokens can learn from.
    /// Rows of tokens that begin where none of the teacher's does say nothing: their rest is −1.
    /// </summary>
    public bool Sorted { get; init; }

    /// <summary>How many of them are kept of each row, K.</summary>
    public required int Kept { get; init; }

    /// <summary>What the teacher's logits were divided by.</summary>
    public required float Temperature { get; init; }

    /// <summary>Different examples.</summary>
    public required long Examples { get; init; }

    /// <summary>Trained tokens of these.</summary>
    public required long Rows { get; init; }

    /// <summary>SHA-256 of the tokenizer.json that made the rows, in hex: the student's.</summary>
    public required string Tokenizer { get; init; }

    /// <summary>SHA-256 of the chat template, in hex; 64 zeros where there is none.</summary>
    public required string Template { get; init; }

    /// <summary>Fingerprint of the teacher's weights, adapter included.</summary>
    public required string Teacher { get; init; }

    /// <summary>SHA-256 of the index: of the examples themselves.</summary>
    public required string Data { get; init; }

    /// <summary>What the teacher is called.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes of a token's number.</summary>
    internal int IdBytes => Sorted ? 0 : Vocabulary <= 1 << 16 ? 2 : 4;

    /// <summary>Bytes of a row: K numbers of tokens, the most likely first (none where sorted), K log-probabilities as F16, and the probability of all others as F32.</summary>
    internal int RowBytes => checked(Kept * (IdBytes + 2) + 4);

    /// <summary>Where the rows begin.</summary>
    internal long RowsAt => checked(Bytes + Examples * IndexBytes);

    /// <summary>Length of the whole file.</summary>
    public long FileBytes => checked(RowsAt + Rows * RowBytes);

    private static ReadOnlySpan<byte> Magic => "ATTLOGIT"u8;

    /// <summary>The header as it stands in the file.</summary>
    internal byte[] ToArray()
    {
        var bytes = new byte[Bytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), Vocabulary);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), Kept);
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(20), Temperature);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), Examples);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), Rows);
        string[] hashes = [Tokenizer, Template, Teacher, Data];
        for (var i = 0; i < hashes.Length; i++)
            Convert.FromHexString(hashes[i]).CopyTo(bytes, Hashes + i * HashBytes);
        var name = Encoding.UTF8.GetBytes(Name);
        var length = Math.Min(name.Length, LongestName);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(40), length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(44), Sorted ? 1 : 0);
        name.AsSpan(0, length).CopyTo(bytes.AsSpan(NameAt));
        SHA256.HashData(bytes.AsSpan(0, SumAt), bytes.AsSpan(SumAt));
        return bytes;
    }

    /// <summary>Reads a header; every number in it is checked.</summary>
    /// <param name="path">For errors.</param>
    /// <param name="bytes">What the file begins with.</param>
    /// <param name="length">The file's length.</param>
    /// <exception cref="UserErrorException">It is none, or damaged, or of another version.</exception>
    internal static LogitsHeader Read(string path, ReadOnlySpan<byte> bytes, long length)
    {
        if (bytes.Length < Bytes || !bytes.StartsWith(Magic))
            throw new UserErrorException(path, "is not a file of a teacher's logits", "make one: attune distill logits");
        if (BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) is var version and not Version)
            throw new UserErrorException(path, string.Create(CultureInfo.InvariantCulture, $"is a file of logits of version {version}; this program reads version {Version}"), "make it again: attune distill logits");
        if (!SHA256.HashData(bytes[..SumAt]).AsSpan().SequenceEqual(bytes[SumAt..Bytes]))
            throw Damaged(path, "its header does not have the hash that it states");
        var (vocabulary, kept, temperature) = (BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]), BinaryPrimitives.ReadSingleLittleEndian(bytes[20..]));
        var (examples, rows, name) = (BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[40..]));
        if (vocabulary is < 1 or > 1 << 24 || kept < 1 || kept > vocabulary || !(temperature > 0 && float.IsFinite(temperature)) || name is < 0 or > LongestName
            || BinaryPrimitives.ReadInt32LittleEndian(bytes[44..]) is not (0 or 1))
            throw Damaged(path, "a number in its header cannot be");
        // Before they are multiplied: neither can be more than the file has bytes.
        if (examples < 1 || examples > length / IndexBytes || rows < examples || rows > length)
            throw Damaged(path, "its header speaks of more than the file holds");
        var header = new LogitsHeader
        {
            Vocabulary = vocabulary,
            Sorted = bytes[44] == 1,
            Kept = kept,
            Temperature = temperature,
            Examples = examples,
            Rows = rows,
            Tokenizer = Hash(bytes, 0),
            Template = Hash(bytes, 1),
            Teacher = Hash(bytes, 2),
            Data = Hash(bytes, 3),
            Name = Encoding.UTF8.GetString(bytes.Slice(NameAt, name)),
        };
        if ((decimal)header.RowsAt + (decimal)rows * header.RowBytes != length)
            throw Damaged(path, string.Create(CultureInfo.InvariantCulture, $"it has {length} bytes, and its header speaks of others"));
        return header;
    }

    internal static UserErrorException Damaged(string path, string why) => new(path, $"is damaged: {why}", "make it again: attune distill logits");

    private static string Hash(ReadOnlySpan<byte> bytes, int which) => Convert.ToHexStringLower(bytes.Slice(Hashes + which * HashBytes, HashBytes));
}
