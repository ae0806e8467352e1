using System.Globalization;
using Attune.Corpus.Text;

namespace Attune.Corpus.Skills;

/// <summary>Exchanges whose answer is computed: sums, order, spelling, counting, repeating.</summary>
internal static class Exercise
{
    private static readonly Func<Expander, (string Ask, string Answer)>[] All =
        [Sum, Compare, SortNumbers, SortWords, Spell, FirstLetter, Count, CountWords, Repeat, RepeatNumber, Next, Join, Last, Sequence, WordProblem,
            RepeatInvented, After, Pairs, Form];

    private static readonly string[] Small =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

    public static (string Ask, string Answer) Make(Expander text) => text.Draw.Pick(All)(text);

    private static string Str(int n) => n.ToString(CultureInfo.InvariantCulture);

    private static List<string> Words(Expander text, int count) =>
        [.. text.Draw.Sample(text.Bank.Table(text.Draw.Pick(["animal", "food", "tool", "thing", "colour", "item"])), count).Select(e => e.Value)];

    private static (string, string) Sum(Expander text)
    {
        var d = text.Draw;
        var (a, b) = (d.Between(1, 20), d.Between(1, 20));
        if (d.Chance(0.5))
            return (d.Pick([$"What is {a} plus {b}?", $"{a} + {b} = ?", $"Add {a} and {b}.", $"How much is {a} + {b}?"]),
                d.Pick([$"{a} plus {b} is {a + b}.", Str(a + b), $"It is {a + b}."]));
        (a, b) = (Math.Max(a, b), Math.Min(a, b));
        return (d.Pick([$"What is {a} minus {b}?", $"{a} - {b} = ?", $"Take {b} away from {a}."]), d.Pick([$"{a} minus {b} is {a - b}.", Str(a - b)]));
    }

    private static (string, string) Compare(Expander text)
    {
        var d = text.Draw;
        var (a, b) = (d.Between(1, 999), d.Between(1, 999));
        if (a == b)
            b++;
        var larger = d.Chance(0.5);
        var answer = Str(larger ? Math.Max(a, b) : Math.Min(a, b));
        var word = larger ? d.Pick(["larger", "bigger", "greater"]) : d.Pick(["smaller", "lower", "less"]);
        return (d.Pick([$"Which number is {word}, {a} or {b}?", $"{a} or {b}: which is {word}?"]), d.Pick([$"{answer} is {word}.", answer]));
    }

    private static (string, string) SortNumbers(Expander text)
    {
        var d = text.Draw;
        var list = Enumerable.Range(0, d.Between(3, 5)).Select(_ => d.Between(1, 99)).Distinct().ToList();
        return (d.Pick(["Sort these numbers", "Put these numbers in order", "From small to large"]) + $": {string.Join(", ", list)}", string.Join(", ", list.Order()));
    }

    private static (string, string) SortWords(Expander text)
    {
        var list = Words(text, text.Draw.Between(3, 4));
        return (text.Draw.Pick(["Sort by the alphabet", "Put these words in order of the alphabet"]) + $": {string.Join(", ", list)}", string.Join(", ", list.Order(StringComparer.Ordinal)));
    }

    private static (string, string) Spell(Expander text)
    {
        var word = text.Draw.Chance(0.3) ? text.Draw.Pick(text.Bank.Table("person")).Value : Words(text, 1)[0];
        return (text.Draw.Pick([$"Spell the word {word}.", $"How do you spell {word}?", $"Spell {word}, please."]), string.Join("-", word.ToUpperInvariant().Where(char.IsLetter)));
    }

    private static (string, string) FirstLetter(Expander text)
    {
        var d = text.Draw;
        var word = d.Pick(text.Bank.Table(d.Pick(["animal", "tool", "person", "town"]))).Value;
        var first = d.Chance(0.6);
        var letter = char.ToUpperInvariant(first ? word[0] : word[^1]);
        return ($"What is the {(first ? "first" : "last")} letter of {word}?", d.Pick([$"The {(first ? "first" : "last")} letter is {letter}.", $"{letter}"]));
    }

    private static (string, string) Count(Expander text)
    {
        var d = text.Draw;
        var list = Words(text, d.Between(2, 6));
        return (d.Pick(["How many things are in this list", "How many words are there", "Count the entries"]) + $": {string.Join(", ", list)}?", d.Pick([Str(list.Count), $"There are {Small[list.Count]}."]));
    }

    private static (string, string) CountWords(Expander text)
    {
        var word = Words(text, 1)[0].Replace(" ", "", StringComparison.Ordinal);
        return (text.Draw.Pick([$"How many letters has the word {word}?", $"Count the letters of {word}."]), text.Draw.Pick([$"{word} has {word.Length} letters.", Str(word.Length)]));
    }

    private static (string, string) Repeat(Expander text)
    {
        var d = text.Draw;
        var note = Tidy.Apply(text.Raw(d.Pick(["note_name", "note_town", "note_thing", "note_num", "note_price", "note_date"])));
        return (d.Pick(["Repeat", "Say after me", "Copy this sentence", "Write this again"]) + $": {note}", note);
    }

    private static (string, string) RepeatNumber(Expander text)
    {
        var value = text.Draw.Chance(0.5) ? Values.Number(text.Draw) : Values.Mail(text);
        return (text.Draw.Pick(["Repeat", "Say", "Write", "Copy"]) + $": {value}", value);
    }

    private static (string, string) Next(Expander text)
    {
        var n = text.Draw.Between(1, 300);
        return text.Draw.Chance(0.5) ? ($"Which number comes after {n}?", text.Draw.Pick([Str(n + 1), $"After {n} comes {n + 1}."]))
            : ($"Which number comes before {n}?", text.Draw.Pick([Str(n - 1), $"Before {n} comes {n - 1}."]));
    }

    private static (string, string) Join(Expander text)
    {
        var list = Words(text, 3);
        return (text.Draw.Pick(["Make a list of", "Write as a list"]) + $": {list[0]} and {list[1]} and {list[2]}", $"- {list[0]}\n- {list[1]}\n- {list[2]}");
    }

    private static (string, string) Last(Expander text)
    {
        var d = text.Draw;
        var list = Words(text, d.Between(3, 5));
        var at = d.Below(list.Count);
        var ordinal = at == list.Count - 1 ? "last" : new[] { "first", "second", "third", "fourth", "fifth" }[at];
        return ($"Which word is {ordinal}: {string.Join(", ", list)}?", list[at]);
    }

    private static (string, string) Sequence(Expander text)
    {
        var d = text.Draw;
        var (start, step) = (d.Between(1, 20), d.Between(1, 5));
        return ($"How does it go on: {start}, {start + step}, {start + 2 * step}, ...?", $"{start + 3 * step}");
    }

    private static (string, string) WordProblem(Expander text)
    {
        var d = text.Draw;
        var person = d.Pick(text.Bank.Table("person"));
        var things = d.Pick(text.Bank.Table("item")).Value;
        var (a, b) = (d.Between(3, 12), d.Between(1, 3));
        var plus = d.Chance(0.5);
        var he = person.Field("he")!;
        var did = plus ? d.Pick(["gets", "finds", "buys"]) + $" {b} more" : d.Pick(["gives away", "loses", "sells"]) + $" {b}";
        return ($"{person.Value} has {a} {things} and {did}. How many {things} does {he} have now?", d.Pick([$"{person.Value} has {(plus ? a + b : a - b)} {things} now.", Str(plus ? a + b : a - b)]));
    }

    private static string Thing(Expander text)
    {
        var d = text.Draw;
        return d.Below(6) switch
        {
            0 => Values.Number(d),
            1 => Values.Mail(text),
            2 => Values.Capital(Values.Invented(d)),
            3 => $"{Values.Invented(d)} {d.Pick(text.Bank.Table("tool")).Value}",
            4 => d.Pick(text.Bank.Table("thing")).Value,
            _ => Values.Invented(d),
        };
    }

    private static (string, string) RepeatInvented(Expander text)
    {
        var d = text.Draw;
        var list = string.Join(' ', Enumerable.Range(0, d.Between(2, 8)).Select(_ => Values.Invented(d)));
        return (d.Pick(["Repeat", "Say after me", "Copy", "Write again", "Echo"]) + $": {list}", list);
    }

    private static (string, string) After(Expander text)
    {
        var d = text.Draw;
        var list = Enumerable.Range(0, d.Between(3, 6)).Select(_ => Thing(text)).Distinct().ToList();
        var at = d.Below(list.Count - 1);
        return d.Chance(0.5)
            ? ($"{string.Join(", ", list)}. What comes after {list[at]}?", list[at + 1])
            : ($"In the list {string.Join(", ", list)}, what stands before {list[at + 1]}?", list[at]);
    }

    private static (string, string) Pairs(Expander text)
    {
        var d = text.Draw;
        var people = d.Sample(text.Bank.Table("person"), d.Between(2, 4)).Select(p => p.Value).ToList();
        var owned = people.Select(_ => Thing(text)).ToList();
        var at = d.Below(people.Count);
        var told = string.Join(", ", people.Zip(owned, (p, o) => $"{p}: {o}"));
        return d.Chance(0.7) || owned.Distinct().Count() < owned.Count
            ? ($"{told}. {d.Pick(["What belongs to", "What stands beside", "Read out the entry of"])} {people[at]}?", owned[at])
            : ($"{told}. Whose is {owned[at]}?", people[at]);
    }

    /// <summary>Fields of a filled form, asked for by name: the names are made up, so that only reading helps.</summary>
    private static (string, string) Form(Expander text)
    {
        var d = text.Draw;
        var keys = Enumerable.Range(0, d.Between(2, 5)).Select(_ => d.Chance(0.5) ? Values.Invented(d) : Words(text, 1)[0]).Distinct().ToList();
        var fields = keys.Select(_ => Thing(text)).ToList();
        var (between, mark) = d.Pick([("; ", ": "), ("\n", ": "), (", ", " = "), ("\n", "=")]);
        var form = string.Join(between, keys.Zip(fields, (k, f) => k + mark + f));
        var asked = d.Sample(Enumerable.Range(0, keys.Count).ToList(), d.Between(1, Math.Min(3, keys.Count)));
        return ($"{form}\n{d.Pick(["Give", "Read out", "I need", "Show"])} {string.Join(" and ", asked.Select(i => keys[i]))}.", string.Join("; ", asked.Select(i => $"{keys[i]}: {fields[i]}")));
    }
}
