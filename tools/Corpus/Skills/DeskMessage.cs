using Attune.Corpus.Text;

namespace Attune.Corpus.Skills;

/// <summary>
/// What somebody writes to a desk (a library, a garage, a town hall …) and what it is about. A line of a bank reads
/// <c>message => need; key=value; key=value => reply</c>; a value that the message turned out not to contain is dropped, so that parts of a message can be optional.
/// </summary>
internal sealed record DeskMessage(Entry Place, string Text, Entry Need, List<(Entry Key, string Value)> Slots, string? Mood, string Reply)
{
    public static DeskMessage Draw(Expander text)
    {
        var place = text.Draw.Pick(text.Bank.Table("desk_place"));
        var raw = text.Raw($"desk_at_{place.Value}");
        var parts = raw.Split(" => ");
        if (parts.Length != 3)
            throw new InvalidDataException($"A message to a desk needs two ' => ': {raw}");
        // Greetings may carry a name, which must not compete with the name that is asked for.
        var around = !parts[1].Contains("name=", StringComparison.Ordinal);
        var before = around && text.Draw.Chance(0.35) ? text.Raw("desk_before") + " " : "";
        var after = around && text.Draw.Chance(0.3) ? " " + text.Raw("desk_after") : "";
        var message = Tidy.Apply(before + parts[0] + after);
        var labels = parts[1].Split(';', StringSplitOptions.TrimEntries);
        var slots = new List<(Entry Key, string Value)>();
        string? mood = null;
        foreach (var label in labels.Skip(1))
        {
            var at = label.IndexOf('=', StringComparison.Ordinal);
            if (at < 0)
                throw new InvalidDataException($"Expected 'key=value', found '{label}': {raw}");
            var (key, value) = (label[..at], label[(at + 1)..]);
            if (key == "mood")
                mood = value;
            else if (message.Contains(value, StringComparison.OrdinalIgnoreCase))
                slots.Add((Row(text.Bank, "desk_key", key), value));
        }
        var need = Row(text.Bank, "desk_need", labels[0]);
        return new(place, Messy(message, slots, text.Draw), need, slots, mood, Tidy.Apply(parts[2]));
    }

    public static Entry Row(Bank bank, string table, string name) =>
        bank.Table(table).Find(e => e.Value == name) ?? throw new InvalidDataException($"No row '{name}' in table '{table}'.");

    /// <summary>A quarter of the writers type carelessly: small letters, no full stop, two letters swapped. The values stay as they are, since they are to be copied.</summary>
    private static string Messy(string message, List<(Entry Key, string Value)> slots, Draw draw)
    {
        if (!draw.Chance(0.25))
            return message;
        var words = message.ToLowerInvariant().TrimEnd('.').Split(' ');
        if (draw.Chance(0.5))
        {
            var at = draw.Below(words.Length);
            var word = words[at];
            var kept = slots.Exists(s => s.Value.Contains(word, StringComparison.OrdinalIgnoreCase));
            if (!kept && word.Length >= 5 && word.All(char.IsLetter))
            {
                var i = 1 + draw.Below(word.Length - 3);
                words[at] = string.Concat(word[..i], word[i + 1].ToString(), word[i].ToString(), word[(i + 2)..]);
            }
        }
        message = string.Join(' ', words);
        foreach (var (_, value) in slots)
            message = message.Replace(value, value, StringComparison.OrdinalIgnoreCase);
        return message;
    }
}
