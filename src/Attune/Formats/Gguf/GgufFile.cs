using System.IO.MemoryMappedFiles;
using Attune.Engine;
using Attune.Problems;

namespace Attune.Formats.Gguf;

/// <summary>A tensor of a GGUF file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="Shape">Dimensions, slowest first: the reverse of the file's order.</param>
/// <param name="Offset">First byte in the file.</param>
/// <param name="ByteLength">Bytes; 0 for a type that Attune cannot hold.</param>
public sealed record GgufTensor(string Name, GgufType Type, IReadOnlyList<long> Shape, long Offset, long ByteLength);

/// <summary>
/// A GGUF file of version 2 or 3, memory-mapped. The whole header is checked on opening, so that every address and length given out
/// later lies inside the file. Format: ggml-org/ggml, docs/gguf.md.
/// </summary>
public sealed class GgufFile : IDisposable
{
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;

    private GgufFile(string path, GgufMetadata metadata, IReadOnlyDictionary<string, GgufTensor> tensors, MemoryMappedFile map, MemoryMappedViewAccessor view) =>
        (Path, Metadata, Tensors, this.map, this.view) = (path, metadata, tensors, map, view);

    /// <summary>The path as it was given to <see cref="Open"/>.</summary>
    public string Path { get; }

    /// <summary>Keys and values.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, GgufTensor> Tensors { get; }

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="UserErrorException">The file is missing, unreadable, cut off, or its header does not hold together.</exception>
    public static GgufFile Open(string path) => InputFile.Read(path, OpenChecked);

    /// <summary>Whether a path is meant as a GGUF file: by its ending.</summary>
    public static bool IsNamedSo(string path) => path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    /// <summary>The mapped values of a tensor as a matrix of rows and columns, in the file's own format; valid until this object is disposed.</summary>
    /// <exception cref="UserErrorException">It has a type that Attune cannot hold, or more rows or columns than a matrix can have.</exception>
    public Tensor Map(GgufTensor tensor)
    {
        if (tensor.Type.Type is not { } type)
            throw new UserErrorException($"{Path}, tensor \"{tensor.Name}\"", $"is stored as {tensor.Type.Name}; Attune reads {Readable}", "use a file in one of these formats");
        var cols = tensor.Shape[^1];
        var rows = tensor.Shape.SkipLast(1).Aggregate(1L, static (a, b) => a * b);
        if (rows > int.MaxValue || cols > int.MaxValue)
            throw new UserErrorException($"{Path}, tensor \"{tensor.Name}\"", $"has {rows} rows of {cols}", "it is larger than any model that Attune runs");
        var address = view.SafeMemoryMappedViewHandle.DangerousGetHandle() + (nint)tensor.Offset;
        return Tensor.Over(Storage.Foreign(address, tensor.ByteLength, this), 0, type, (int)rows, (int)cols);
    }

    /// <summary>Names of the types that Attune holds.</summary>
    public static string Readable { get; } = string.Join(", ", GgufType.All.Where(static t => t.Type is not null).Select(static t => t.Name));

    /// <inheritdoc />
    public void Dispose()
    {
        view.Dispose();
        map.Dispose();
    }

    private static GgufFile OpenChecked(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        var (metadata, tensors) = new GgufHeader(path, stream).Read();
        var map = MemoryMappedFile.CreateFromFile(
            stream.SafeFileHandle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        try
        {
            return new GgufFile(path, metadata, tensors, map, map.CreateViewAccessor(0, stream.Length, MemoryMappedFileAccess.Read));
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }
}
