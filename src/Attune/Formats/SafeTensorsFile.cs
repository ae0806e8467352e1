using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Attune.Problems;

namespace Attune.Formats;

/// <summary>
/// A safetensors file, memory-mapped: opening reads the header only, and the tensors' bytes come from the page cache when they are touched.
/// The whole header is checked on opening, so every address and length given out later lies inside the file.
/// </summary>
public sealed class SafeTensorsFile : IDisposable
{
    private const int LengthBytes = 8;

    private readonly SafeTensorsHeader header;
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;

    private SafeTensorsFile(string path, SafeTensorsHeader header, MemoryMappedFile map, MemoryMappedViewAccessor view)
    {
        Path = path;
        this.header = header;
        this.map = map;
        this.view = view;
    }

    /// <summary>The path as it was given to <see cref="Open"/>.</summary>
    public string Path { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafeTensorsEntry> Entries => this.header.Entries;

    /// <summary>The header's free text pairs; empty where there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => this.header.Metadata;

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="UserErrorException">The file is missing, unreadable, cut off, or its header does not hold together.</exception>
    public static SafeTensorsFile Open(string path) => InputFile.Read(path, OpenChecked);

    /// <summary>
    /// Where the tensor's first byte is mapped; valid until this object is disposed, read-only, and not necessarily aligned to the element size.
    /// The file must not be shortened while it is mapped.
    /// </summary>
    public nint Address(SafeTensorsEntry entry)
    {
        Own(entry);
        return this.view.SafeMemoryMappedViewHandle.DangerousGetHandle() + (nint)entry.Offset;
    }

    /// <summary>A copy of the tensor's bytes (little-endian, row-major).</summary>
    public byte[] ReadBytes(SafeTensorsEntry entry)
    {
        Own(entry);
        var bytes = new byte[ArrayLength(entry, entry.ByteLength)];
        this.view.SafeMemoryMappedViewHandle.ReadSpan<byte>((ulong)entry.Offset, bytes);
        return bytes;
    }

    /// <summary>A copy of the tensor as floats, row-major: F32 as it is, BF16 and F16 exactly, F64 rounded.</summary>
    /// <exception cref="UserErrorException">The tensor holds integers, or more elements than an array can.</exception>
    public float[] ReadFloats(SafeTensorsEntry entry)
    {
        Own(entry);
        if (entry.Type is not (SafeTensorsType.F32 or SafeTensorsType.F16 or SafeTensorsType.BF16 or SafeTensorsType.F64))
            throw new UserErrorException(
                $"{Path}, tensor \"{entry.Name}\"", $"expected a floating-point type, found {entry}", "choose another tensor or file");
        var floats = new float[ArrayLength(entry, entry.ElementCount)];
        if (entry.Type == SafeTensorsType.F32)
        {
            this.view.SafeMemoryMappedViewHandle.ReadSpan((ulong)entry.Offset, MemoryMarshal.AsBytes(floats.AsSpan()));
            return floats;
        }

        const int chunk = 4096;
        var size = entry.Type.ByteSize();
        Span<byte> raw = stackalloc byte[chunk * sizeof(double)];
        for (var start = 0; start < floats.Length; start += chunk)
        {
            var part = floats.AsSpan(start, Math.Min(chunk, floats.Length - start));
            var bytes = raw[..(part.Length * size)];
            this.view.SafeMemoryMappedViewHandle.ReadSpan((ulong)(entry.Offset + (long)start * size), bytes);
            Decode(entry.Type, bytes, part);
        }
        return floats;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        this.view.Dispose();
        this.map.Dispose();
    }

    private static void Decode(SafeTensorsType type, ReadOnlySpan<byte> bytes, Span<float> floats)
    {
        for (var i = 0; i < floats.Length; i++)
            floats[i] = type switch
            {
                SafeTensorsType.BF16 => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadInt16LittleEndian(bytes[(2 * i)..]) << 16),
                SafeTensorsType.F16 => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]),
                _ => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]),
            };
    }

    private static SafeTensorsFile OpenChecked(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        var length = stream.Length;
        var header = ReadHeader(path, stream, length);
        var map = MemoryMappedFile.CreateFromFile(
            stream.SafeFileHandle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        try
        {
            return new SafeTensorsFile(path, header, map, map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read));
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    private static SafeTensorsHeader ReadHeader(string path, FileStream stream, long fileLength)
    {
        Span<byte> prefix = stackalloc byte[LengthBytes];
        if (fileLength < LengthBytes)
            throw new UserErrorException(
                path, $"a safetensors file has at least {LengthBytes} bytes, found {fileLength}", "copy or download it again");
        stream.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > SafeTensorsHeader.MaxBytes)
            throw new UserErrorException(
                path, $"the header claims {length} bytes, at most {SafeTensorsHeader.MaxBytes} are allowed", "this is not a safetensors file");
        if ((long)length > fileLength - LengthBytes)
            throw new UserErrorException(
                path,
                $"the header claims {length} bytes, but only {fileLength - LengthBytes} follow",
                "the file is cut off: copy or download it again");
        var json = new byte[length];
        stream.ReadExactly(json);
        var dataStart = LengthBytes + (long)length;
        return SafeTensorsHeader.Parse(path, json, dataStart, fileLength - dataStart);
    }

    private int ArrayLength(SafeTensorsEntry entry, long wanted) => wanted <= Array.MaxLength
        ? (int)wanted
        : throw new UserErrorException($"{Path}, tensor \"{entry.Name}\"", $"{entry} is too large to be copied into one array", "split the tensor");

    private void Own(SafeTensorsEntry entry)
    {
        if (!Entries.TryGetValue(entry.Name, out var own) || !ReferenceEquals(own, entry))
            throw new ArgumentException($"\"{entry.Name}\" is not an entry of {Path}", nameof(entry));
    }
}
