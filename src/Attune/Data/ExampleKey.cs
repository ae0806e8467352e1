using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Attune.Data;

/// <summary>
/// What an example is to a model: its tokens and which of them are trained, by the first 16 bytes of their SHA-256. It holds for one
/// tokenizer, template and truncation, and does not say where the row stands, in which file, or in which part of a split.
/// </summary>
public readonly record struct ExampleKey(ulong High, ulong Low)
{
    /// <summary>Its length in files.</summary>
    public const int Bytes = 16;

    /// <summary>The key of an example.</summary>
    public static ExampleKey Of(Example example)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes<int>(example.Ids));
        hash.AppendData(MemoryMarshal.AsBytes<bool>(example.Trained));
        return Read(hash.GetHashAndReset());
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static ExampleKey Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Writes <see cref="Bytes"/> bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
    }

    /// <summary>The bytes in hex, 32 digits.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{High:x16}{Low:x16}");
}
