using System.Buffers;
using System.Text;
using Attune.Text.PreTokenizers;

namespace Attune.Text;

/// <summary>A token that is found in the text as a whole, before the model sees the rest.</summary>
internal sealed record AddedToken(int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special)
{
    public static AddedToken Read(Section s) => new(
        s.Required("id").Count(Vocabulary.MaximumId), s.Required("content").Text(), s.FlagOr("single_word", false),
        s.FlagOr("lstrip", false), s.FlagOr("rstrip", false), s.FlagOr("normalized", false), s.FlagOr("special", false));
}

/// <summary>Finds added tokens: at each position the longest one, from left to right.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Node root = new();
    private readonly SearchValues<char> firsts;

    /// <param name="tokens">Each token with the text to look for (its content, normalized where the text is).</param>
    public AddedTokenMatcher(IEnumerable<(AddedToken Token, string Text)> tokens)
    {
        foreach (var (token, text) in tokens)
        {
            if (text.Length == 0) continue;
            var node = root;
            foreach (var c in text) node = node.Next.TryGetValue(c, out var next) ? next : node.Next[c] = new Node();
            node.Token ??= token;
        }
        firsts = SearchValues.Create([.. root.Next.Keys]);
    }

    public bool IsEmpty => root.Next.Count == 0;

    /// <summary>The stretches of <paramref name="text"/> in order; those without a token are left to the model.</summary>
    public List<(int Start, int End, AddedToken? Token)> Split(string text)
    {
        var parts = new List<(int, int, AddedToken?)>();
        var done = 0;
        for (var at = 0; at < text.Length;)
        {
            var next = text.AsSpan(at).IndexOfAny(firsts);
            if (next < 0) break;
            at += next;
            if (Longest(text, at, out var end) is not { } token)
            {
                at++;
                continue;
            }
            var start = at;
            at = end;
            if (token.SingleWord && (EndsInWord(text.AsSpan(0, start)) || BeginsWithWord(text.AsSpan(end)))) continue;
            while (token.LeftStrip && start > done && char.IsWhiteSpace(text[start - 1])) start--;
            while (token.RightStrip && end < text.Length && char.IsWhiteSpace(text[end])) end++;
            if (start > done) parts.Add((done, start, null));
            parts.Add((start, end, token));
            done = at = end;
        }
        if (done < text.Length) parts.Add((done, text.Length, null));
        return parts;
    }

    private AddedToken? Longest(string text, int start, out int end)
    {
        AddedToken? found = null;
        end = start;
        var node = root;
        for (var i = start; i < text.Length && node.Next.TryGetValue(text[i], out var next); i++)
        {
            node = next;
            if (node.Token is null) continue;
            found = node.Token;
            end = i + 1;
        }
        return found;
    }

    private static bool EndsInWord(ReadOnlySpan<char> text) => Rune.DecodeLastFromUtf16(text, out var rune, out _) == OperationStatus.Done && CharacterRuns.IsWord(rune);

    private static bool BeginsWithWord(ReadOnlySpan<char> text) => Rune.DecodeFromUtf16(text, out var rune, out _) == OperationStatus.Done && CharacterRuns.IsWord(rune);

    private sealed class Node
    {
        public Dictionary<char, Node> Next { get; } = [];

        public AddedToken? Token { get; set; }
    }
}
