namespace Attune.Augmentation;

/// <summary>Capitals of words.</summary>
internal static class Cases
{
    /// <summary>A word with the capitals of the one whose place it takes: none, the first, or all. The word I keeps its own, and says nothing of others.</summary>
    public static string Like(string word, string other)
    {
        if (word.Length == 0 || IsI(word))
            return word;
        if (IsI(other) || !char.IsUpper(other[0]))
            return char.ToLowerInvariant(word[0]) + word[1..];
        return other.Length > 1 && other.Where(char.IsLetter).All(char.IsUpper) ? word.ToUpperInvariant() : Capital(word);
    }

    /// <summary>The word with a capital in front.</summary>
    public static string Capital(string word) => word.Length == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..];

    private static bool IsI(string word) => word[0] == 'I' && (word.Length == 1 || word[1] is ' ' or '\'' or '’');
}
