using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;
using Attune.Data;

namespace Attune.Quality;

/// <summary>
/// What is remembered of every record of a scan, on a scratch file: its place, its keys and how it begins; 144 bytes a record. Checks remember ids
/// and ask here for the rest.
/// </summary>
internal sealed class RowLedger : IDisposable
{
    private readonly ScratchRecords<RowKey> keys = new();
    private readonly ScratchRecords<Note> notes = new();
    private readonly List<(int First, string File)> files = [];
    private bool looked;

    /// <summary>Records so far; the id of the next.</summary>
    public int Count => (int)notes.Count;

    /// <summary>The first id behind the evaluation files: those below are theirs.</summary>
    public int FirstLooked { get; private set; }

    /// <summary>From here on records are those of another file, by its name among all that are read.</summary>
    public void Begin(string file, bool evaluation)
    {
        files.Add((Count, file));
        if (evaluation || looked) return;
        (FirstLooked, looked) = (Count, true);
    }

    /// <summary>Remembers a row.</summary>
    public void Add(QualityRow row)
    {
        keys.Add(row.Key);
        notes.Add(Note.Of(row.Row, row.Prompt, row.Answer));
    }

    /// <summary>Remembers a record that is no row; its key is 0.</summary>
    public void Add(UnreadableRow row)
    {
        keys.Add(default(RowKey));
        notes.Add(Note.Of(row.Row, Encoding.UTF8.GetString(row.Row.Raw.Span[..Math.Min(row.Row.Raw.Length, 2 * Note.TextBytes)]), ""));
    }

    /// <summary>The keys of all records in the order of their ids, in pieces.</summary>
    public IEnumerable<ReadOnlyMemory<RowKey>> Keys() => keys.Pieces();

    /// <summary>The key of a record.</summary>
    public RowKey KeyOf(int id) => keys[id];

    /// <summary>How a record is named.</summary>
    public string PlaceOf(int id)
    {
        var note = notes[id];
        return Row.PlaceOf(FileOf(id), note.Number, note.Line);
    }

    /// <summary>How a record is named by another: without the file where both stand in one.</summary>
    public string PlaceOf(int id, int seenFrom) => FileOf(id) == FileOf(seenFrom) ? $"row {notes[id].Number}" : PlaceOf(id);

    /// <summary>How the record begins: what is asked, and what is answered.</summary>
    public (string Prompt, string Answer) ExcerptOf(int id) => notes[id].Texts();

    /// <inheritdoc />
    public void Dispose()
    {
        keys.Dispose();
        notes.Dispose();
    }

    private string FileOf(int id) => files.FindLast(f => f.First <= id).File;

    /// <summary>Place and beginning of a record.</summary>
    private struct Note
    {
        /// <summary>Bytes of UTF-8 that are kept of each of the two texts.</summary>
        public const int TextBytes = 56;

        public int Number;
        private byte promptBytes, answerBytes;
        public long Line;
        private Text prompt, answer;

        public static Note Of(Row row, string prompt, string answer)
        {
            var note = new Note { Number = row.Number, Line = row.Line };
            note.promptBytes = Cut(prompt, note.prompt);
            note.answerBytes = Cut(answer, note.answer);
            return note;
        }

        public (string, string) Texts()
        {
            ReadOnlySpan<byte> first = prompt, second = answer;
            return (Encoding.UTF8.GetString(first[..promptBytes]), Encoding.UTF8.GetString(second[..answerBytes]));
        }

        // Whole characters only; an ellipsis where something is left out.
        private static byte Cut(ReadOnlySpan<char> text, Span<byte> into)
        {
            if (Encoding.UTF8.GetByteCount(text[..Math.Min(text.Length, TextBytes + 1)]) <= TextBytes) return (byte)Encoding.UTF8.GetBytes(text, into);
            Utf8.FromUtf16(text[..Math.Min(text.Length, TextBytes)], into[..(TextBytes - Ellipsis.Length)], out _, out var used, isFinalBlock: false);
            Ellipsis.CopyTo(into[used..]);
            return (byte)(used + Ellipsis.Length);
        }

        private static ReadOnlySpan<byte> Ellipsis => "…"u8;

        [InlineArray(TextBytes)]
        private struct Text
        {
            private byte first;
        }
    }
}
