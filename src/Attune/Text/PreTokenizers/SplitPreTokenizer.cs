namespace Attune.Text.PreTokenizers;

/// <summary>What becomes of the stretches that a split's pattern matches.</summary>
internal enum SplitBehaviour
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>Appends the stretches of a text that match something, in order.</summary>
internal delegate void Finder(ReadOnlySpan<char> text, List<(int Start, int End)> matches);

/// <summary>Splits at (or, inverted, between) the matches of a pattern.</summary>
internal sealed class SplitPreTokenizer(Finder find, SplitBehaviour behaviour, bool invert = false) : IPreTokenizer
{
    public List<Piece> Split(List<Piece> pieces)
    {
        var result = new List<Piece>(pieces.Count * 2);
        var matches = new List<(int Start, int End)>();
        var parts = new List<(int Start, int End, bool IsMatch)>();
        foreach (var piece in pieces)
        {
            matches.Clear();
            parts.Clear();
            find(piece.Span, matches);
            Cover(piece.Length, matches, parts);
            Emit(piece, parts, result);
        }
        return result;
    }

    /// <summary>Matches and the gaps between them.</summary>
    private void Cover(int length, List<(int Start, int End)> matches, List<(int Start, int End, bool IsMatch)> parts)
    {
        var done = 0;
        foreach (var (start, end) in matches)
        {
            if (start > done) parts.Add((done, start, invert));
            parts.Add((start, end, !invert));
            done = end;
        }
        if (done < length) parts.Add((done, length, invert));
    }

    private void Emit(Piece piece, List<(int Start, int End, bool IsMatch)> parts, List<Piece> result)
    {
        for (var i = 0; i < parts.Count; i++)
        {
            var (start, end, isMatch) = parts[i];
            if (isMatch && behaviour == SplitBehaviour.Removed) continue;
            // The part swallows its neighbour where the behaviour joins the two.
            while (i + 1 < parts.Count && Joins(parts[i].IsMatch, parts[i + 1].IsMatch)) end = parts[++i].End;
            if (end > start) result.Add(piece.Part(start, end));
        }
    }

    private bool Joins(bool left, bool right) => behaviour switch
    {
        SplitBehaviour.MergedWithPrevious => !left && right,
        SplitBehaviour.MergedWithNext => left && !right,
        SplitBehaviour.Contiguous => left == right,
        _ => false,
    };
}
