using System.Buffers.Binary;
using System.IO.Compression;
using Attune.Problems;

namespace Attune.Data;

/// <summary>A data file on disk: opened with gzip and byte-order mark taken away, and its beginning, from which the format is told.</summary>
internal sealed class RowFile
{
    /// <summary>The largest file that is read whole (a JSON array has no lines to stream by); 1 GiB unpacked.</summary>
    public const int WholeLimit = 1 << 30;

    private const int HeadBytes = 1 << 20;
    private static ReadOnlySpan<byte> Mark => [0xEF, 0xBB, 0xBF];
    private readonly int mark;

    private RowFile(DataPath path, string? name, bool zipped, long bytes)
    {
        Bytes = bytes;
        (Path, Given, Zipped) = (path.File, path.ToString(), zipped);
        Name = name ?? System.IO.Path.GetFileName(Path);
        Steps = path.Part?.Split('.') ?? [];
        using var stream = Open();
        var head = new byte[HeadBytes];
        var read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        mark = head.AsSpan(0, read).StartsWith(Mark) ? Mark.Length : 0;
        Head = head.AsMemory(mark, read - mark);
        HeadIsAll = read < HeadBytes;
    }

    /// <summary>The file on disk.</summary>
    public string Path { get; }

    /// <summary>What the user wrote: the file, and the part of it where one is named.</summary>
    public string Given { get; }

    /// <summary>The names that lead to the rows within the document; none where it is the rows.</summary>
    public ReadOnlyMemory<string> Steps { get; }

    /// <summary>The name that errors and rows use; see <see cref="SourceNames"/>.</summary>
    public string Name { get; }

    /// <summary>True if the file is gzip, whatever its name says.</summary>
    public bool Zipped { get; }

    /// <summary>Bytes after unpacking.</summary>
    public long Bytes { get; }

    /// <summary>The first MiB after unpacking, without the byte-order mark.</summary>
    public ReadOnlyMemory<byte> Head { get; }

    /// <summary>True if the file ends within <see cref="Head"/>.</summary>
    public bool HeadIsAll { get; }

    /// <summary>Looks at a file; a user error if it is not there, is a folder or cannot be read.</summary>
    /// <param name="given">Its path, with <c>#part</c> for a part of a JSON document.</param>
    /// <param name="name">What it is called among others; null for its own name.</param>
    public static RowFile At(string given, string? name = null)
    {
        var named = DataPath.Of(given);
        var path = named.File;
        if (Directory.Exists(path))
            throw new UserErrorException(path, "is a folder, a data file was expected", "name the file in it, for example train.jsonl");
        if (!File.Exists(path)) throw new UserErrorException(path, "there is no such file", NearestFile(path));
        try
        {
            using var probe = File.OpenRead(path);
            var zipped = probe.ReadByte() == 0x1F && probe.ReadByte() == 0x8B;
            var file = new RowFile(named, name, zipped, zipped ? CheckArchive(probe) : probe.Length);
            ForeignFormats.Refuse(given, file.Head.Span);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw Unreadable(path, e);
        }
    }

    /// <summary>A stream over the text's bytes from the beginning.</summary>
    public Stream Open()
    {
        Stream stream = File.OpenRead(Path);
        if (Zipped) stream = new GZipStream(stream, CompressionMode.Decompress);
        stream.ReadExactly(stackalloc byte[mark]);
        return stream;
    }

    /// <summary>The whole text's bytes.</summary>
    public byte[] ReadWhole()
    {
        using var stream = Open();
        using var all = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int n; (n = stream.Read(buffer)) > 0;)
        {
            if (all.Length + n > WholeLimit)
                throw new UserErrorException(Path, "is a JSON document of more than 1 GiB, which cannot be read by lines", "store it as JSON lines, one object a line");
            all.Write(buffer, 0, n);
        }
        return all.ToArray();
    }

    /// <summary>What the system says of a file that cannot be read, as a user error.</summary>
    public static UserErrorException Unreadable(string path, Exception e) => e is InvalidDataException
        ? new UserErrorException(path, "begins like a gzip file but cannot be unpacked: it is damaged, cut short, or several archives in one", "fetch it again, or unpack it")
        : new UserErrorException(path, $"cannot be read: {e.Message}");

    // GZipStream takes the end of a file that was cut short for the end of its data; the archive's last four bytes say how much there must be.
    private static long CheckArchive(FileStream archive)
    {
        Span<byte> trailer = stackalloc byte[4];
        archive.Seek(Math.Max(0, archive.Length - trailer.Length), SeekOrigin.Begin);
        archive.ReadExactly(trailer);
        archive.Seek(0, SeekOrigin.Begin);
        using var zip = new GZipStream(archive, CompressionMode.Decompress);
        var buffer = new byte[1 << 16];
        long unpacked = 0;
        for (int n; (n = zip.Read(buffer)) > 0;) unpacked += n;
        if (unchecked((uint)unpacked) != BinaryPrimitives.ReadUInt32LittleEndian(trailer)) throw new InvalidDataException();
        return unpacked;
    }

    private static string NearestFile(string path)
    {
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        if (!Directory.Exists(folder)) return $"the folder {System.IO.Path.GetDirectoryName(path)} does not exist either";
        var names = Directory.EnumerateFiles(folder).Select(f => System.IO.Path.GetFileName(f)).Order(StringComparer.Ordinal).ToList();
        var near = Nearest.To(System.IO.Path.GetFileName(path), names);
        if (near is not null) return $"did you mean {System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path) ?? "", near)}?";
        return names.Count == 0 ? "the folder is empty" : $"the folder holds {string.Join(", ", names.Take(5))}{(names.Count > 5 ? ", …" : "")}";
    }
}
