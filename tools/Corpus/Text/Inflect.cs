namespace Attune.Corpus.Text;

/// <summary>English endings, as modifiers of a bank's references: <c>.s</c> plural, <c>.ed</c> past, <c>.ing</c>, <c>.v</c> third person, <c>.cap</c> a capital, <c>.low</c>.</summary>
internal static class Inflect
{
    private static readonly Dictionary<string, string> Plurals = new()
    {
        ["child"] = "children",
        ["man"] = "men",
        ["woman"] = "women",
        ["foot"] = "feet",
        ["tooth"] = "teeth",
        ["mouse"] = "mice",
        ["goose"] = "geese",
        ["leaf"] = "leaves",
        ["knife"] = "knives",
        ["loaf"] = "loaves",
        ["shelf"] = "shelves",
        ["wolf"] = "wolves",
        ["calf"] = "calves",
        ["half"] = "halves",
        ["scarf"] = "scarves",
        ["thief"] = "thieves",
        ["wife"] = "wives",
        ["life"] = "lives",
        ["sheep"] = "sheep",
        ["deer"] = "deer",
        ["fish"] = "fish",
        ["ox"] = "oxen",
        ["potato"] = "potatoes",
        ["tomato"] = "tomatoes",
        ["hero"] = "heroes",
        ["person"] = "people",
        ["trousers"] = "trousers",
        ["scissors"] = "scissors",
    };

    private static readonly Dictionary<string, string> Pasts = new()
    {
        ["be"] = "was",
        ["go"] = "went",
        ["run"] = "ran",
        ["see"] = "saw",
        ["come"] = "came",
        ["eat"] = "ate",
        ["give"] = "gave",
        ["take"] = "took",
        ["make"] = "made",
        ["find"] = "found",
        ["build"] = "built",
        ["buy"] = "bought",
        ["bring"] = "brought",
        ["catch"] = "caught",
        ["draw"] = "drew",
        ["drink"] = "drank",
        ["fall"] = "fell",
        ["feed"] = "fed",
        ["fly"] = "flew",
        ["grow"] = "grew",
        ["hear"] = "heard",
        ["hide"] = "hid",
        ["hold"] = "held",
        ["keep"] = "kept",
        ["know"] = "knew",
        ["leave"] = "left",
        ["lose"] = "lost",
        ["meet"] = "met",
        ["read"] = "read",
        ["ride"] = "rode",
        ["say"] = "said",
        ["sell"] = "sold",
        ["send"] = "sent",
        ["sing"] = "sang",
        ["sit"] = "sat",
        ["sleep"] = "slept",
        ["speak"] = "spoke",
        ["swim"] = "swam",
        ["teach"] = "taught",
        ["tell"] = "told",
        ["think"] = "thought",
        ["throw"] = "threw",
        ["wear"] = "wore",
        ["win"] = "won",
        ["write"] = "wrote",
        ["sweep"] = "swept",
        ["cut"] = "cut",
        ["put"] = "put",
        ["dig"] = "dug",
        ["break"] = "broke",
        ["bake"] = "baked",
    };

    public static string Apply(string modifier, string value) => modifier switch
    {
        "s" => Plural(value),
        "ed" => Past(value),
        "ing" => Ing(value),
        "v" => ThirdPerson(value),
        "cap" => char.ToUpperInvariant(value[0]) + value[1..],
        "low" => value.ToLowerInvariant(),
        _ => throw new InvalidDataException($"'{value}' has no field and no ending '{modifier}'."),
    };

    /// <summary>The plural of the last word: "wooden box" gives "wooden boxes".</summary>
    public static string Plural(string value)
    {
        var (head, word) = LastWord(value);
        if (Plurals.TryGetValue(word, out var irregular))
            return head + irregular;
        return head + (word.EndsWith('y') && !IsVowel(word[^2]) ? word[..^1] + "ies" : Hisses(word) ? word + "es" : word + "s");
    }

    /// <summary>The past of the first word: "look for a key" gives "looked for a key".</summary>
    public static string Past(string value) => OnFirst(value, w =>
        Pasts.TryGetValue(w, out var irregular) ? irregular
        : w.EndsWith('e') ? w + "d"
        : w.EndsWith('y') && !IsVowel(w[^2]) ? w[..^1] + "ied"
        : Doubles(w) ? w + w[^1] + "ed" : w + "ed");

    public static string Ing(string value) => OnFirst(value, w =>
        w == "be" ? "being" : w.EndsWith("ie", StringComparison.Ordinal) ? w[..^2] + "ying"
        : w.EndsWith('e') && !w.EndsWith("ee", StringComparison.Ordinal) ? w[..^1] + "ing"
        : Doubles(w) ? w + w[^1] + "ing" : w + "ing");

    public static string ThirdPerson(string value) => OnFirst(value, w =>
        w == "be" ? "is" : w == "have" ? "has" : w is "go" or "do" ? w + "es"
        : w.EndsWith('y') && !IsVowel(w[^2]) ? w[..^1] + "ies" : Hisses(w) ? w + "es" : w + "s");

    private static string OnFirst(string value, Func<string, string> ending)
    {
        var space = value.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? ending(value) : ending(value[..space]) + value[space..];
    }

    private static (string Head, string Word) LastWord(string value)
    {
        var space = value.LastIndexOf(' ');
        return space < 0 ? ("", value) : (value[..(space + 1)], value[(space + 1)..]);
    }

    private static bool Hisses(string w) =>
        w[^1] is 's' or 'x' or 'z' || w.EndsWith("ch", StringComparison.Ordinal) || w.EndsWith("sh", StringComparison.Ordinal);

    // Short words of one vowel and one consonant at the end: stop, plan, dig. Longer words are stressed too variously to guess, and do not double.
    private static bool Doubles(string w) =>
        w.Length is >= 3 and <= 4 && !IsVowel(w[^1]) && w[^1] is not ('w' or 'x' or 'y') && IsVowel(w[^2]) && !IsVowel(w[^3]);

    private static bool IsVowel(char c) => c is 'a' or 'e' or 'i' or 'o' or 'u';
}
