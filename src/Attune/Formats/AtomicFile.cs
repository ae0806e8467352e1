using System.Text;
using Attune.Problems;

namespace Attune.Formats;

/// <summary>
/// Writes files so that a kill at any moment leaves the old file or the new one, never half of one: the bytes go to
/// <c>NAME.partial</c> beside the target, are flushed to the disk, and are then renamed over it.
/// </summary>
public static class AtomicFile
{
    // What the runtime reports for "no space", "quota exceeded" and "larger than the file system allows":
    // raw errno values of Unix, HRESULTs elsewhere.
    private static readonly int[] FullDiskCodes =
        [28, 122, 69, 27, unchecked((int)0x80070070), unchecked((int)0x80070027), unchecked((int)0x800700DF)];

    /// <summary>Writes text as UTF-8 without a byte-order mark.</summary>
    public static void WriteText(string path, string text) => WriteBytes(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes bytes that are in memory already.</summary>
    public static void WriteBytes(string path, ReadOnlyMemory<byte> bytes) => Write(path, stream => stream.Write(bytes.Span), bytes.Length);

    /// <summary>Writes what <paramref name="content"/> puts into the stream; the folder is made where it is missing.</summary>
    /// <param name="path">The file to make or to replace.</param>
    /// <param name="content">Writes from the stream's start; if it throws, the old file stays and the exception goes on.</param>
    /// <param name="bytes">How many bytes will come, where that is known: reserved on the disk before the first is written. 0: unknown.</param>
    /// <exception cref="RunFailedException">The disk is full (the message holds needed and free bytes) or the place cannot be written to.</exception>
    public static void Write(string path, Action<Stream> content, long bytes = 0)
    {
        var full = Path.GetFullPath(path);
        var partial = full + ".partial";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            if (FreeBytes(full) is { } free && bytes > free)
                throw Full(path, bytes, free);
            WriteAndRename(partial, full, content, bytes);
        }
        catch (Exception e) when (IsOfTheDisk(e))
        {
            throw FullDiskCodes.Contains(e.HResult)
                ? Full(path, bytes, FreeBytes(full), e)
                : new RunFailedException(new Problem(path, $"cannot be written: {e.Message}", "check the folder, its permissions and the disk"), e);
        }
    }

    /// <summary>Whether an exception of a write is the disk's or the system's doing: no room, no right, a limit.</summary>
    internal static bool IsOfTheDisk(Exception e) =>
        // The last is what .NET makes of EFBIG: the file would grow over what the file system or the user's limits allow.
        e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException { ParamName: "value" };

    private static void WriteAndRename(string partial, string full, Action<Stream> content, long bytes)
    {
        // Opened outside of the clean-up: a partial file that another process is writing is not ours to delete.
        var stream = new FileStream(partial, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 1 << 16,
            PreallocationSize = bytes,
        });
        try
        {
            using (stream)
            {
                content(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(partial, full, overwrite: true);
        }
        catch
        {
            Discard(stream, partial);
            throw;
        }
    }

    private static void Discard(FileStream stream, string partial)
    {
        try
        {
            stream.Dispose();
            File.Delete(partial);
        }
        catch (Exception e) when (IsOfTheDisk(e))
        {
            // Closing may fail again on a full disk; the failure that brought us here is the one to report.
        }
    }

    private static RunFailedException Full(string path, long needed, long? free, Exception? inner = null)
    {
        var need = needed > 0 ? $"{needed} bytes are needed" : "more bytes are needed";
        var have = free is { } f ? $"{f} bytes are free" : "how many are free is not known";
        var message = $"the disk is full: {need}, {have}; what was there before is untouched";
        return new RunFailedException(new Problem(path, message, "free space or choose another output folder"), inner);
    }

    /// <summary>Free bytes for this user on the disk that holds the path; null where the system does not tell.</summary>
    internal static long? FreeBytes(string path)
    {
        try
        {
            var full = Path.GetFullPath(path);
            var place = OperatingSystem.IsWindows() ? Path.GetPathRoot(full)! : Path.GetDirectoryName(full)!;
            return new DriveInfo(place).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
