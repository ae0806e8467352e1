using System.Text;

namespace Attune.Text;

/// <summary>
/// Text on its way through normalizers and pre-tokenizers: for each UTF-16 unit it knows the range of the original text that the unit stands for.
/// A unit that was inserted has an empty range at the place of insertion; units of a rewritten run share the run's range.
/// </summary>
internal sealed class MappedText
{
    private readonly int origin;
    private readonly int[]? starts;
    private readonly int[]? ends;

    private MappedText(string text, int origin, int[]? starts, int[]? ends)
    {
        Text = text;
        this.origin = origin;
        this.starts = starts;
        this.ends = ends;
    }

    public string Text { get; }

    public int Length => Text.Length;

    /// <summary>A stretch of the original text itself, <paramref name="origin"/> being its position there.</summary>
    public static MappedText Original(string text, int origin = 0) => new(text, origin, null, null);

    public int StartOf(int unit) => starts is null ? origin + unit : starts[unit];

    public int EndOf(int unit) => ends is null ? origin + unit + 1 : ends[unit];

    public MappedText Slice(int start, int length)
    {
        if (length == Length) return this;
        return starts is null
            ? new MappedText(Text.Substring(start, length), origin + start, null, null)
            : new MappedText(Text.Substring(start, length), 0, starts[start..(start + length)], ends![start..(start + length)]);
    }

    /// <summary>The same ranges under other characters; <paramref name="text"/> must have as many units.</summary>
    public MappedText WithCharacters(string text) => new(text, origin, starts, ends);

    /// <summary>Collects the units of a text that is derived from another one.</summary>
    public sealed class Builder(int capacity)
    {
        private readonly StringBuilder text = new(capacity);
        private readonly List<int> starts = new(capacity);
        private readonly List<int> ends = new(capacity);

        public int Length => text.Length;

        public void Add(char unit, int start, int end)
        {
            text.Append(unit);
            starts.Add(start);
            ends.Add(end);
        }

        public void Add(ReadOnlySpan<char> units, int start, int end)
        {
            foreach (var unit in units) Add(unit, start, end);
        }

        public void Copy(MappedText source, int start, int end)
        {
            for (var i = start; i < end; i++) Add(source.Text[i], source.StartOf(i), source.EndOf(i));
        }

        public MappedText Build() => new(text.ToString(), 0, [.. starts], [.. ends]);
    }
}

/// <summary>A stretch of a mapped text: what a pre-tokenizer hands on, in the end one word for the model.</summary>
internal readonly record struct Piece(MappedText Source, int Start, int Length)
{
    public ReadOnlySpan<char> Span => Source.Text.AsSpan(Start, Length);

    /// <summary>Position in the original text at which the piece begins.</summary>
    public int OriginalStart => Source.StartOf(Start);

    public Piece Part(int start, int end) => new(Source, Start + start, end - start);
}
