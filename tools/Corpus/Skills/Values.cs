using System.Globalization;
using System.Text;
using Attune.Corpus.Text;

namespace Attune.Corpus.Skills;

/// <summary>Numbers, codes, addresses and dates that no bank can list: bound afresh so that copying them has to be learned, not remembered.</summary>
internal static class Values
{
    private static readonly string[] Endings = ["example", "example.org", "example.net", "example.com"];
    private static readonly string[] Onsets =
        ["b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p", "pr", "qu", "r", "s", "sh", "st", "t", "tr", "v", "w", "y", "z", ""];
    private static readonly string[] Vowels = ["a", "e", "i", "o", "u", "a", "e", "i", "o", "ai", "ee", "ou", "ia", "oo"];
    private static readonly string[] Codas = ["", "", "", "n", "r", "s", "l", "m", "t", "k", "nd", "x", "ck", "rt"];
    private static readonly string[] Streets =
        ["Mill Lane", "High Street", "Garden Road", "Church Square", "Station Road", "Oak Avenue", "Bridge Street", "Harbour Walk", "School Lane", "Hill Road", "Elm Street", "Park Row", "River Street", "Market Place"];

    /// <summary>Binds num (and num2), code, odd (a name that nobody has heard), mail, date, price, clock, phone, street and age for the text that follows.</summary>
    public static void BindAll(Expander text)
    {
        var d = text.Draw;
        text.Bind("num", Number(d));
        text.Bind("odd", Capital(Invented(d)));
        text.Bind("num2", Number(d));
        text.Bind("price2", Price(d));
        text.Bind("price3", Price(d));
        text.Bind("clock2", Clock(d));
        text.Bind("date2", Date(text));
        text.Bind("code", Code(d));
        text.Bind("mail", Mail(text));
        text.Bind("date", Date(text));
        text.Bind("price", Price(d));
        text.Bind("clock", Clock(d));
        text.Bind("phone", Phone(d));
        text.Bind("street", d.Chance(0.5) ? $"{d.Pick(Streets)} {d.Between(1, 99)}" : $"{d.Between(1, 180)} {d.Pick(Streets)}");
        text.Bind("age", d.Between(2, 19).ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Two to six digits; the first is not zero.</summary>
    public static string Number(Draw d)
    {
        var digits = d.Pick([2, 3, 3, 4, 4, 5, 5, 6]);
        var low = (int)Math.Pow(10, digits - 1);
        return d.Between(low, low * 10 - 1).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A mail address. Most names in it are made up, since a name from a list can be known by heart and then nothing is learned about copying.</summary>
    public static string Mail(Expander text)
    {
        var d = text.Draw;
        string Name(string table) => d.Chance(0.6) ? Invented(d) : d.Pick(text.Bank.Table(table)).Value.ToLowerInvariant();
        var (first, last) = (Name("person"), Name("surname"));
        var user = d.Below(7) switch
        {
            0 => first,
            1 => $"{first}.{last}",
            2 => $"{first[0]}.{last}",
            3 => $"{first}{d.Between(1, 99)}",
            4 => $"{last}_{first[0]}",
            5 => $"{first}.{last[0]}",
            _ => $"{first}{last}",
        };
        var host = d.Pick(["mail", "post", "home", "box", "web", "inbox", "letter", "town", "office"]);
        host = d.Below(4) switch { 0 => host, 1 => Invented(d) + host, 2 => host + Invented(d), _ => Invented(d) };
        return $"{user}@{host}.{d.Pick(Endings)}";
    }

    /// <summary>A word with a capital letter.</summary>
    public static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    /// <summary>A word of one to three syllables that is in no list.</summary>
    public static string Invented(Draw d)
    {
        var word = new StringBuilder();
        for (var syllables = d.Pick([1, 2, 2, 2, 3]); syllables > 0; syllables--)
            word.Append(d.Pick(Onsets)).Append(d.Pick(Vowels)).Append(syllables == 1 || d.Chance(0.3) ? d.Pick(Codas) : "");
        return word.ToString();
    }

    public static string Date(Expander text)
    {
        var d = text.Draw;
        var month = d.Pick(text.Bank.Table("month"));
        var day = d.Between(1, int.Parse(month.Field("days")!, CultureInfo.InvariantCulture));
        return d.Chance(0.6) ? $"{day} {month.Value}" : d.Chance(0.5) ? $"{month.Value} {day}" : $"{day} {month.Value} {d.Between(1950, 2030)}";
    }

    public static string Price(Draw d)
    {
        var coins = d.Between(1, 90);
        var cents = d.Pick([0, 0, 20, 25, 40, 50, 75, 80, 90, 95, 99]);
        return cents == 0 ? $"{coins} coins" : $"{coins}.{cents:00}";
    }

    public static string Clock(Draw d) => $"{d.Between(5, 22)}:{d.Pick([0, 5, 10, 15, 20, 25, 30, 40, 45, 50, 55]):00}";

    private static string Code(Draw d)
    {
        string Letters(int n) => string.Concat(Enumerable.Range(0, n).Select(_ => "ABCDEFGHJKLMNPRSTUVWXYZ"[d.Below(23)]));
        string Digits(int n) => string.Concat(Enumerable.Range(0, n).Select(_ => (char)('0' + d.Below(10))));
        return d.Below(9) switch
        {
            0 => Letters(1) + Digits(3),
            6 => Invented(d).ToUpperInvariant() + d.Between(1, 99).ToString(CultureInfo.InvariantCulture),
            7 => Invented(d).ToUpperInvariant() + Invented(d).ToUpperInvariant() + Digits(2),
            8 => Invented(d).ToUpperInvariant(),
            1 => $"{Letters(2)}-{Digits(4)}",
            2 => $"{Letters(1)}{Digits(1)}-{Digits(4)}",
            3 => $"{Letters(3)}{Digits(3)}",
            4 => $"{Digits(2)}{Letters(2)}{Digits(2)}",
            _ => $"{Digits(3)}-{Letters(2)}",
        };
    }

    private static string Phone(Draw d)
    {
        string Part(int n) => string.Concat(Enumerable.Range(0, n).Select(_ => (char)('0' + d.Below(10))));
        return d.Below(3) switch { 0 => $"0{Part(3)} {Part(4)}", 1 => $"555-{Part(4)}", _ => $"0{Part(2)}-{Part(3)}-{Part(3)}" };
    }
}
