using System.Text;
using Attune.Text.Patterns;

namespace Attune.Text.PreTokenizers;

/// <summary>Splits by GPT-2's expression (unless another splitter has done it) and spells each byte as a character of <see cref="ByteLevelAlphabet"/>.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    /// <summary>GPT-2's words: contractions, letters, numbers, signs, each with at most one space before, and runs of white space.</summary>
    public const string WordPattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public static readonly TextPattern Words = TextPattern.FromExpression(WordPattern, (message, remedy) => new("", message, remedy), "GPT-2's word pattern");

    private static readonly SplitPreTokenizer Splitter = new(Words.FindAll, SplitBehaviour.Isolated);

    public static ByteLevelPreTokenizer Read(Section section) => new(section.FlagOr("add_prefix_space", true), section.FlagOr("use_regex", true));

    public List<Piece> Split(List<Piece> pieces)
    {
        if (addPrefixSpace) pieces = pieces.ConvertAll(WithSpace);
        if (useRegex) pieces = Splitter.Split(pieces);
        return Spell(pieces);
    }

    private static Piece WithSpace(Piece piece)
    {
        if (piece.Span.StartsWith(' ')) return piece;
        var text = new MappedText.Builder(piece.Length + 1);
        text.Add(' ', piece.OriginalStart, piece.OriginalStart);
        text.Copy(piece.Source, piece.Start, piece.Start + piece.Length);
        return new Piece(text.Build(), 0, piece.Length + 1);
    }

    private static List<Piece> Spell(List<Piece> pieces)
    {
        // All words go into one text, so that a word costs no allocation of its own.
        var text = new MappedText.Builder(pieces.Sum(p => p.Length) + 16);
        var lengths = new int[pieces.Count];
        for (var i = 0; i < pieces.Count; i++)
        {
            var before = text.Length;
            SpellPiece(pieces[i], text);
            lengths[i] = text.Length - before;
        }
        var spelled = text.Build();
        var result = new List<Piece>(pieces.Count);
        var start = 0;
        foreach (var length in lengths)
        {
            result.Add(new Piece(spelled, start, length));
            start += length;
        }
        return result;
    }

    private static void SpellPiece(Piece piece, MappedText.Builder text)
    {
        Span<byte> utf8 = stackalloc byte[4];
        var source = piece.Source;
        for (var i = piece.Start; i < piece.Start + piece.Length;)
        {
            var c = source.Text[i];
            if (c < 0x80)
            {
                text.Add(ByteLevelAlphabet.CharOf[c], source.StartOf(i), source.EndOf(i));
                i++;
                continue;
            }
            Rune.DecodeFromUtf16(source.Text.AsSpan(i, piece.Start + piece.Length - i), out var rune, out var length);
            foreach (var b in utf8[..rune.EncodeToUtf8(utf8)]) text.Add(ByteLevelAlphabet.CharOf[b], source.StartOf(i), source.EndOf(i + length - 1));
            i += length;
        }
    }
}
