using Attune.Formats;
using Attune.Problems;

namespace Attune.Distillation;

/// <summary>
/// Writes a file of logits beside its place and renames it in the end. Since the length of every row is known, what a kill leaves behind
/// says by its own length how far it came.
/// </summary>
internal sealed class LogitsWriter : IDisposable
{
    private readonly string path, partial;
    private readonly LogitsHeader header;
    private readonly FileStream file;

    private LogitsWriter(string path, string partial, LogitsHeader header, FileStream file) =>
        (this.path, this.partial, this.header, this.file) = (path, partial, header, file);

    /// <summary>Rows that are there.</summary>
    public long Rows { get; private set; }

    /// <summary>Begins a file, or goes on with one that says the same of itself; one that says otherwise is begun anew.</summary>
    /// <exception cref="RunFailedException">It cannot be written, or the disk has too little room.</exception>
    public static LogitsWriter Open(string path, LogitsHeader header, LogitsIndex index)
    {
        var partial = Path.GetFullPath(path) + ".partial";
        return Guarded(path, () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(partial)!);
            var file = new FileStream(partial, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            var writer = new LogitsWriter(path, partial, header, file);
            try
            {
                byte[] start = [.. header.ToArray(), .. index.Bytes];
                writer.Rows = writer.Matches(start) ? Math.Min(header.Rows, (file.Length - header.RowsAt) / header.RowBytes) : 0;
                if (writer.Rows == 0)
                {
                    if (AtomicFile.FreeBytes(partial) is { } free && free < header.FileBytes - file.Length)
                        throw new IOException($"{header.FileBytes} bytes are needed, {free} are free");
                    file.SetLength(0);
                    file.Write(start);
                }
                return writer;
            }
            catch
            {
                file.Dispose();
                throw;
            }
        });
    }

    /// <summary>Takes rows back, down to so many: where a block begins.</summary>
    public void CutTo(long rows)
    {
        Rows = rows;
        file.SetLength(header.RowsAt + rows * header.RowBytes);
        file.Position = file.Length;
    }

    /// <summary>Adds whole rows; they are on the disk when this returns.</summary>
    public void Append(ReadOnlyMemory<byte> rows) => Guarded(path, () =>
    {
        file.Write(rows.Span);
        file.Flush(flushToDisk: true);
        Rows += rows.Length / header.RowBytes;
        return true;
    });

    /// <summary>Gives the file its name.</summary>
    public void Finish()
    {
        file.Dispose();
        Guarded(path, () =>
        {
            File.Move(partial, path, overwrite: true);
            return true;
        });
    }

    /// <inheritdoc />
    public void Dispose() => file.Dispose();

    private bool Matches(byte[] start)
    {
        if (file.Length < start.Length)
            return false;
        var there = new byte[start.Length];
        file.Position = 0;
        file.ReadExactly(there);
        return there.AsSpan().SequenceEqual(start);
    }

    private static T Guarded<T>(string path, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (AtomicFile.IsOfTheDisk(e))
        {
            throw new RunFailedException(new Problem(path, $"cannot be written: {e.Message}", "check the folder and the disk; the same command goes on where it stopped"), e);
        }
    }
}
