namespace Attune.Text.PreTokenizers;

/// <summary>SentencePiece's way: spaces become a visible character, one is put before the text, and words begin at it.</summary>
internal sealed class MetaspacePreTokenizer(char replacement, MetaspacePreTokenizer.Prepend prepend, bool split) : IPreTokenizer
{
    /// <summary>Where the replacement is put in front.</summary>
    internal enum Prepend
    {
        Always,
        First,
        Never,
    }

    private readonly SplitPreTokenizer splitter = new(Patterns.TextPattern.Of(replacement.ToString()).FindAll, SplitBehaviour.MergedWithNext);

    public static MetaspacePreTokenizer Read(Section section) => new(ReadReplacement(section), ReadPrepend(section), section.FlagOr("split", true));

    public static char ReadReplacement(Section section)
    {
        if (section.Optional("replacement") is not { } given) return '▁';
        return given.Text() is [var single] && !char.IsSurrogate(single) ? single : throw given.Wrong("expected one character");
    }

    /// <summary>Newer files say "prepend_scheme", older ones "add_prefix_space".</summary>
    public static Prepend ReadPrepend(Section section)
    {
        if (section.Optional("prepend_scheme") is not { } scheme) return section.FlagOr("add_prefix_space", true) ? Prepend.Always : Prepend.Never;
        return scheme.Text() switch
        {
            "always" => Prepend.Always,
            "first" => Prepend.First,
            "never" => Prepend.Never,
            var other => throw scheme.Wrong($"expected always, first or never, found \"{other}\""),
        };
    }

    public List<Piece> Split(List<Piece> pieces)
    {
        var marked = pieces.ConvertAll(Mark);
        return split ? splitter.Split(marked) : marked;
    }

    private Piece Mark(Piece piece)
    {
        var text = new MappedText.Builder(piece.Length + 1);
        var first = piece.Length > 0 ? piece.Span[0] : '\0';
        var wanted = prepend == Prepend.Always || (prepend == Prepend.First && piece.OriginalStart == 0);
        if (wanted && first != replacement && first != ' ') text.Add(replacement, piece.OriginalStart, piece.OriginalStart);
        for (var i = piece.Start; i < piece.Start + piece.Length; i++)
        {
            var c = piece.Source.Text[i];
            text.Add(c == ' ' ? replacement : c, piece.Source.StartOf(i), piece.Source.EndOf(i));
        }
        var result = text.Build();
        return new Piece(result, 0, result.Length);
    }
}
