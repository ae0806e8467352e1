namespace Attune.Augmentation;

/// <summary>
/// Errors of typing in n = α · words of the words: a key beside the right one (of an English keyboard), two letters in each other's place, a
/// letter twice, a letter left out. The first letter stays, and so do words of fewer than four letters, which an error may turn into others.
/// </summary>
internal sealed class TypingErrors : PromptRule
{
    private const int Shortest = 4;

    private static readonly string[] Keys = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

    private static readonly Func<string, int, Draw, string>[] Errors =
    [
        static (w, at, draw) => w[..at] + Beside(w[at], draw) + w[(at + 1)..],
        static (w, at, _) => at + 1 < w.Length ? w[..at] + w[at + 1] + w[at] + w[(at + 2)..] : w[..(at - 1)] + w[at] + w[at - 1],
        static (w, at, _) => w[..(at + 1)] + w[at..],
        static (w, at, _) => w[..at] + w[(at + 1)..],
    ];

    protected override string? Change(string text, IReadOnlySet<string> quoted, double alpha, Draw draw)
    {
        var words = PromptWords.Of(text, quoted);
        int[] long4 = [.. words.Index().Where(static w => w.Item.IsFree && w.Item.Core.Length >= Shortest && w.Item.Core.All(char.IsAsciiLetter)).Select(static w => w.Index)];
        if (long4.Length == 0)
            return null;
        foreach (var i in draw.Some(long4, Count(alpha, words.Count)))
            words[i] = words[i] with { Core = Err(words[i].Core, draw) };
        return PromptWords.Join(words);
    }

    /// <summary>The word with one error; two equal letters that change places are tried again as another error.</summary>
    private static string Err(string word, Draw draw)
    {
        // Not the first two, so that a transposition leaves the first in its place.
        var at = 2 + draw.Below(word.Length - 2);
        var first = draw.Below(Errors.Length);
        return Enumerable.Range(first, Errors.Length).Select(e => Errors[e % Errors.Length](word, at, draw)).First(w => w != word);
    }

    private static char Beside(char key, Draw draw)
    {
        var small = char.ToLowerInvariant(key);
        var row = Array.FindIndex(Keys, k => k.Contains(small, StringComparison.Ordinal));
        var at = Keys[row].IndexOf(small, StringComparison.Ordinal);
        char[] near = [.. new[] { (row, at - 1), (row, at + 1), (row - 1, at), (row - 1, at + 1), (row + 1, at - 1), (row + 1, at) }
            .Where(static p => p.Item1 >= 0 && p.Item1 < Keys.Length && p.Item2 >= 0 && p.Item2 < Keys[p.Item1].Length).Select(static p => Keys[p.Item1][p.Item2])];
        var chosen = draw.One(near);
        return char.IsUpper(key) ? char.ToUpperInvariant(chosen) : chosen;
    }
}
