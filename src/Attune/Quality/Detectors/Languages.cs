using System.Buffers;

namespace Attune.Quality.Detectors;

/// <summary>The language of a text: by its script where the script has one, else by frequent words and triples of letters.</summary>
/// <remarks>What is short, mixed or like none of the known languages stays undecided: a wrong language is worse than none.</remarks>
internal static class Languages
{
    private const int MostCharacters = 4000, FewestLetters = 20, FewestDenseLetters = 6;
    private const double LeastShare = 0.7, MostOfCode = 0.04;

    // A word of these takes about two characters where others take five.
    private const int DenseWeight = 3;

    private static readonly SearchValues<char> OfUrdu = SearchValues.Create("ٹڈڑںےھ"), OfPersian = SearchValues.Create("پچژگ"), OfCode = SearchValues.Create("{}()[];=<>_\\");

    private static readonly Lazy<LanguageProfiles> Profiles = new(LanguageProfiles.Load);

    // Scripts that one language writes; those of several are told apart below. First and last character.
    private static readonly (char First, char Last, string Script)[] Ranges =
    [
        ('A', 'Z', "Latin"), ('a', 'z', "Latin"), ('\u00C0', '\u024F', "Latin"), ('\u0370', '\u03FF', "el"), ('\u0400', '\u052F', "Cyrillic"), ('\u0531', '\u058F', "hy"),
        ('\u05D0', '\u05EA', "he"), ('\u0620', '\u06FF', "Arabic"), ('\u0900', '\u097F', "hi"), ('\u0980', '\u09FF', "bn"), ('\u0A00', '\u0A7F', "pa"), ('\u0B80', '\u0BFF', "ta"),
        ('\u0C00', '\u0C7F', "te"), ('\u0E00', '\u0E7F', "th"), ('\u10A0', '\u10FF', "ka"), ('\u1E00', '\u1EFF', "Latin"), ('\u1F00', '\u1FFF', "el"), ('\u3040', '\u30FF', "Kana"),
        ('\u4E00', '\u9FFF', "Han"), ('\uAC00', '\uD7A3', "ko"),
    ];

    private static readonly string[] Scripts = [.. Ranges.Select(static r => r.Script).Distinct()];
    private static readonly int[] ScriptOfRange = [.. Ranges.Select(static r => Array.IndexOf(Scripts, r.Script))];
    private static readonly int Latin = Array.IndexOf(Scripts, "Latin"), Kana = Array.IndexOf(Scripts, "Kana"), Han = Array.IndexOf(Scripts, "Han");

    private static readonly Dictionary<string, string> OtherNames = new()
    {
        ["el"] = "Greek",
        ["hy"] = "Armenian",
        ["he"] = "Hebrew",
        ["ar"] = "Arabic",
        ["fa"] = "Persian",
        ["ur"] = "Urdu",
        ["hi"] = "Hindi",
        ["bn"] = "Bengali",
        ["pa"] = "Punjabi",
        ["ta"] = "Tamil",
        ["te"] = "Telugu",
        ["th"] = "Thai",
        ["ka"] = "Georgian",
        ["ja"] = "Japanese",
        ["zh"] = "Chinese",
        ["ko"] = "Korean",
    };

    /// <summary>ISO 639-1 code → English name of every language that can be told.</summary>
    public static IReadOnlyDictionary<string, string> Names { get; } =
        new SortedDictionary<string, string>(Profiles.Value.Names.Concat(OtherNames).ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal);

    /// <summary>The ISO 639-1 code of a text's language; null where it cannot be told.</summary>
    public static string? Of(string text)
    {
        var part = text.AsSpan(0, Math.Min(text.Length, MostCharacters));
        if (part.CountAny(OfCode) > MostOfCode * part.Length) return null;
        Span<int> letters = stackalloc int[Scripts.Length];
        letters.Clear();
        foreach (var c in part)
            if (ScriptOf(c) is >= 0 and var script) letters[script]++;
        var all = 0;
        foreach (var count in letters) all += count;
        var (kana, han) = (letters[Kana], letters[Han]);
        if (kana * 12 >= han && kana > 0) return Dense("ja", kana + han, all);
        if (han > 0 && Dense("zh", han, all) is { } chinese) return chinese;
        var prevailing = 0;
        for (var s = 1; s < letters.Length; s++)
            if (letters[s] > letters[prevailing]) prevailing = s;
        var (main, most) = (Scripts[prevailing], letters[prevailing]);
        if (main is "ko" or "th") return Dense(main, most, all);
        if (most < FewestLetters || most < LeastShare * all) return null;
        return main switch
        {
            "Latin" or "Cyrillic" => Profiles.Value.Of(part, main == "Cyrillic"),
            "Arabic" => part.ContainsAny(OfUrdu) ? "ur" : part.ContainsAny(OfPersian) ? "fa" : "ar",
            _ => main,
        };
    }

    private static string? Dense(string code, int letters, int all)
    {
        var others = all - letters;
        return letters >= FewestDenseLetters && letters * DenseWeight >= LeastShare * (letters * DenseWeight + others) ? code : null;
    }

    private static int ScriptOf(char c)
    {
        if (char.IsAscii(c)) return char.IsAsciiLetter(c) ? Latin : -1;
        for (var i = 0; i < Ranges.Length; i++)
            if (c >= Ranges[i].First && c <= Ranges[i].Last) return c is '×' or '÷' ? -1 : ScriptOfRange[i];
        return -1;
    }
}
