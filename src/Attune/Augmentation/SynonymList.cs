using System.Reflection;

namespace Attune.Augmentation;

/// <summary>
/// Groups of English words that stand for one another: a line each, beginning with <c>v</c> (regular verbs), <c>n</c> (nouns with regular
/// plurals) or <c>x</c> (taken as they stand). Words are divided by blanks; an underscore is a blank within one, of which the first word of a
/// verb and the last of a noun is inflected. Words of several parts replace others and are never replaced.
/// </summary>
internal sealed class SynonymList
{
    private readonly Dictionary<string, string[]> others;

    private SynonymList(Dictionary<string, string[]> others) => this.others = others;

    /// <summary>Forms that have synonyms.</summary>
    public IReadOnlyCollection<string> Forms => others.Keys;

    /// <summary>The list that comes with Attune.</summary>
    public static SynonymList Load()
    {
        using var text = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("synonyms.txt")!);
        return Parse(text.ReadToEnd().Split('\n'));
    }

    /// <summary>Reads lines; blank ones and those that begin with # are passed over.</summary>
    public static SynonymList Parse(IEnumerable<string> lines)
    {
        var found = new Dictionary<string, List<string[]>>(StringComparer.Ordinal);
        foreach (var line in lines.Select(static l => l.Trim()).Where(static l => l.Length > 0 && l[0] != '#'))
        {
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            foreach (var inflect in Inflections[parts[0]])
            {
                string[] group = [.. parts.Skip(1).Select(w => inflect(w).Replace('_', ' '))];
                foreach (var word in group.Where(static w => !w.Contains(' ', StringComparison.Ordinal)))
                    (found.TryGetValue(word, out var groups) ? groups : found[word] = []).Add([.. group.Where(w => w != word)]);
            }
        }
        // A form that stands in two groups means two things, and nobody knows here which.
        return new SynonymList(found.Where(static f => f.Value.Count == 1).ToDictionary(static f => f.Key, static f => f.Value[0], StringComparer.Ordinal));
    }

    /// <summary>What may stand for a word, in lower case; none where the list does not know it.</summary>
    public IReadOnlyList<string> Of(string word) => others.GetValueOrDefault(word) ?? [];

    private static readonly Dictionary<string, Func<string, string>[]> Inflections = new(StringComparer.Ordinal)
    {
        ["x"] = [static w => w],
        ["n"] = [static w => w, static w => Last(w, English.Plural)],
        ["v"] = [static w => w, static w => First(w, English.Plural), static w => First(w, English.Past), static w => First(w, English.Continuous)],
    };

    private static string First(string word, Func<string, string> inflect)
    {
        var cut = word.IndexOf('_', StringComparison.Ordinal);
        return cut < 0 ? inflect(word) : inflect(word[..cut]) + word[cut..];
    }

    private static string Last(string word, Func<string, string> inflect)
    {
        var cut = word.LastIndexOf('_') + 1;
        return word[..cut] + inflect(word[cut..]);
    }
}

/// <summary>Regular inflection of English words.</summary>
internal static class English
{
    /// <summary>A noun's plural, and a verb's third person: both are built alike.</summary>
    public static string Plural(string word) =>
        EndsInY(word) ? word[..^1] + "ies"
        : word.EndsWith('s') || word.EndsWith('x') || word.EndsWith('z') || word.EndsWith("ch", StringComparison.Ordinal) || word.EndsWith("sh", StringComparison.Ordinal) ? word + "es"
        : word + "s";

    /// <summary>A regular verb's past.</summary>
    public static string Past(string word) => word.EndsWith('e') ? word + "d" : EndsInY(word) ? word[..^1] + "ied" : Doubled(word) + "ed";

    /// <summary>A regular verb's form in -ing.</summary>
    public static string Continuous(string word) =>
        word.EndsWith('e') && !word.EndsWith("ee", StringComparison.Ordinal) && !word.EndsWith("ye", StringComparison.Ordinal) ? word[..^1] + "ing" : Doubled(word) + "ing";

    private static bool EndsInY(string word) => word.EndsWith('y') && word.Length > 1 && !IsVowel(word[^2]);

    // One consonant behind one vowel in a word of one syllable: stop, stopped. Longer words that double are not in the list.
    private static string Doubled(string word) =>
        word.Length > 2 && !IsVowel(word[^1]) && word[^1] is not ('w' or 'x' or 'y') && IsVowel(word[^2]) && !IsVowel(word[^3]) && word.Count(IsVowel) == 1 ? word + word[^1] : word;

    private static bool IsVowel(char c) => c is 'a' or 'e' or 'i' or 'o' or 'u';
}
