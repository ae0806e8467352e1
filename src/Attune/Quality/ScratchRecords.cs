using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Attune.Formats;
using Attune.Problems;
using Microsoft.Win32.SafeHandles;

namespace Attune.Quality;

/// <summary>
/// A list of records of one size in a temporary file: appended, then read from any place. Memory is one buffer. The file's name goes with the
/// process, however that ends; where it lies is the system's folder for temporary files (TMPDIR, TEMP).
/// </summary>
/// <remarks>Not mapped: mapped pages would count as this process's memory.</remarks>
internal sealed class ScratchRecords<T> : IDisposable
    where T : unmanaged
{
    private const int BufferBytes = 1 << 18;

    private static readonly int Size = Unsafe.SizeOf<T>();

    private readonly T[] buffer = new T[Math.Max(1, BufferBytes / Size)];
    private readonly string folder = Path.GetTempPath();
    private readonly SafeFileHandle file;
    private int buffered;
    private long written;

    public ScratchRecords()
    {
        var path = Path.Combine(folder, Path.GetRandomFileName());
        file = Guarded(() => File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None));
        // Elsewhere a file can lose its name while it is open, which no kill can prevent.
        if (!OperatingSystem.IsWindows()) File.Delete(path);
    }

    /// <summary>Records so far.</summary>
    public long Count => written + buffered;

    /// <summary>Appends a record.</summary>
    /// <exception cref="RunFailedException">The disk is full.</exception>
    public void Add(in T record)
    {
        buffer[buffered++] = record;
        if (buffered == buffer.Length) Flush();
    }

    /// <summary>Appends records.</summary>
    public void Add(ReadOnlySpan<T> records)
    {
        foreach (ref readonly var record in records) Add(record);
    }

    /// <summary>The record of a number.</summary>
    public T this[long at]
    {
        get
        {
            Span<T> one = stackalloc T[1];
            Read(at, one);
            return one[0];
        }
    }

    /// <summary>Reads as many records as the span holds.</summary>
    /// <param name="at">The first.</param>
    /// <param name="into">All of them must exist.</param>
    public void Read(long at, Span<T> into)
    {
        var first = (int)Math.Clamp(written - at, 0, into.Length);
        var bytes = MemoryMarshal.AsBytes(into[..first]);
        for (var done = 0; done < bytes.Length;)
        {
            var n = RandomAccess.Read(file, bytes[done..], at * Size + done);
            if (n == 0) throw new EndOfStreamException("a scratch file lost its end");
            done += n;
        }
        if (first < into.Length) buffer.AsSpan((int)(at + first - written), into.Length - first).CopyTo(into[first..]);
    }

    /// <summary>All records in their order, in pieces.</summary>
    public IEnumerable<ReadOnlyMemory<T>> Pieces()
    {
        var piece = new T[buffer.Length];
        for (long at = 0; at < Count; at += piece.Length)
        {
            var n = (int)Math.Min(piece.Length, Count - at);
            Read(at, piece.AsSpan(0, n));
            yield return piece.AsMemory(0, n);
        }
    }

    /// <inheritdoc />
    public void Dispose() => file.Dispose();

    private void Flush()
    {
        Guarded(() =>
        {
            RandomAccess.Write(file, MemoryMarshal.AsBytes<T>(buffer.AsSpan(0, buffered)), written * Size);
            return 0;
        });
        written += buffered;
        buffered = 0;
    }

    private TResult Guarded<TResult>(Func<TResult> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (AtomicFile.IsOfTheDisk(e))
        {
            throw new RunFailedException(new Problem(folder, $"a temporary file cannot be written: {e.Message}", "free space there, or name another folder for temporary files (TMPDIR; on Windows TEMP)"), e);
        }
    }
}
