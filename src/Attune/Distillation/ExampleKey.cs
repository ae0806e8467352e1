using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Attune.Data;

namespace Attune.Distillation;

/// <summary>
/// What an example is to a teacher: its tokens and which of them are trained, by the first 16 bytes of their SHA-256. It does not matter
/// where the row stands, in which file, or in which part of a split.
/// </summary>
internal readonly record struct ExampleKey(ulong High, ulong Low)
{
    public const int Bytes = 16;

    public static ExampleKey Of(Example example)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes<int>(example.Ids));
        hash.AppendData(MemoryMarshal.AsBytes<bool>(example.Trained));
        return Read(hash.GetHashAndReset());
    }

    public static ExampleKey Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
    }
}
