using System.IO.MemoryMappedFiles;
using Attune.Engine;
using Attune.Engine.Platform;

namespace Attune.Formats;

/// <summary>
/// A temporary file of a fixed size, mapped for reading and writing: memory that the system may put on disk. Its room is taken at once,
/// since a page that finds no room later would end the process; and its name goes with the process, however that ends.
/// </summary>
public sealed class ScratchFile : IDisposable
{
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;

    private ScratchFile(MemoryMappedFile map, long bytes)
    {
        this.map = map;
        view = map.CreateViewAccessor(0, bytes, MemoryMappedFileAccess.ReadWrite);
        Storage = Storage.Foreign(view.SafeMemoryMappedViewHandle.DangerousGetHandle(), bytes, view);
    }

    /// <summary>The contents, zero at first.</summary>
    public Storage Storage { get; }

    /// <summary>Takes the room and maps it.</summary>
    /// <param name="path">Where; a file of that name is overwritten.</param>
    /// <param name="bytes">At least 1.</param>
    /// <exception cref="IOException">The disk has too little room, or the folder cannot be written to.</exception>
    public static ScratchFile Create(string path, long bytes)
    {
        var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.ReadWrite,
            PreallocationSize = bytes,
            // Elsewhere a file can lose its name while it is open, which no kill can prevent.
            Options = OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None,
        });
        try
        {
            stream.SetLength(bytes);
            if (!OperatingSystem.IsWindows())
                File.Delete(path);
            return new ScratchFile(MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false), bytes);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Takes what was read and written out of this process's memory; the system keeps it, or has it on disk.</summary>
    public void Release() => Os.ReleaseMapped(Storage.Address, Storage.Bytes);

    /// <inheritdoc />
    public void Dispose()
    {
        Storage.Dispose();
        view.Dispose();
        map.Dispose();
    }
}
