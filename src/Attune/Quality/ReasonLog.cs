using System.Buffers.Binary;
using System.Text;

namespace Attune.Quality;

/// <summary>Why rows are dropped: their ids, ascending, with a text each, on a scratch file.</summary>
internal sealed class ReasonLog : IDisposable
{
    private const int HeadBytes = 2 * sizeof(int);

    private readonly ScratchRecords<byte> file = new();
    private int last = -1;

    /// <summary>Adds a row behind all others.</summary>
    public void Add(int id, string why)
    {
        if (id <= last) throw new InvalidOperationException($"row {id} comes behind row {last}");
        last = id;
        Span<byte> head = stackalloc byte[HeadBytes];
        var text = Encoding.UTF8.GetBytes(why);
        BinaryPrimitives.WriteInt32LittleEndian(head, id);
        BinaryPrimitives.WriteInt32LittleEndian(head[sizeof(int)..], text.Length);
        file.Add(head);
        file.Add(text);
    }

    /// <summary>All rows in their order.</summary>
    public IEnumerable<(int Id, string Why)> Read()
    {
        var head = new byte[HeadBytes];
        for (long at = 0; at < file.Count;)
        {
            file.Read(at, head);
            var text = new byte[BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(sizeof(int)))];
            file.Read(at + HeadBytes, text);
            at += HeadBytes + text.Length;
            yield return (BinaryPrimitives.ReadInt32LittleEndian(head), Encoding.UTF8.GetString(text));
        }
    }

    /// <inheritdoc />
    public void Dispose() => file.Dispose();
}
