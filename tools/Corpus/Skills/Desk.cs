using Attune.Corpus.Text;

namespace Attune.Corpus.Skills;

/// <summary>Service talk at desks of many kinds: messages with replies, tasks over messages, sentences said in other words, and the words themselves.</summary>
internal static class Desk
{
    // Private-use characters stand for texts that tidying must leave alone.
    private const char FirstMark = '\uE000';

    public static (string Ask, string Answer) Make(Expander text) => text.Draw.Below(100) switch
    {
        < 22 => Reply(text),
        < 62 => Task(text),
        < 78 => Pair(text),
        _ => Filled(text, "desk_plain", []),
    };

    /// <summary>Several messages answered in one style, which the system text or nothing but the first answers tell.</summary>
    public static (string? System, List<(string Ask, string Answer)> Turns) Session(Expander text, int exchanges)
    {
        var draw = text.Draw;
        var style = new DeskStyle(draw);
        var withReply = draw.Chance(0.3);
        var turns = new List<(string, string)>();
        string? system = null;
        for (var i = 0; i < exchanges; i++)
        {
            text.Forget();
            Values.BindAll(text);
            var m = DeskMessage.Draw(text);
            if (i == 0 && draw.Chance(0.6))
                system = Filled(text, "desk_system", new() { ["shape"] = style.Shape(m) }).Ask;
            turns.Add((m.Text, style.Write(m) + (withReply ? "\n" + m.Reply : "")));
        }
        return (system, turns);
    }

    /// <summary>A talk in which later turns refer to earlier ones.</summary>
    public static List<(string Ask, string Answer)> Talk(Expander text)
    {
        var raw = text.Raw("desk_talk");
        var parts = raw.Split(" => ");
        return parts.Length % 2 == 0 ? [.. parts.Select(Tidy.Apply).Chunk(2).Select(p => (p[0], p[1]))]
            : throw new InvalidDataException($"A talk needs an answer to every turn: {raw}");
    }

    private static (string, string) Reply(Expander text)
    {
        var m = DeskMessage.Draw(text);
        return text.Draw.Chance(0.7) ? (m.Text, m.Reply) : Filled(text, "desk_task_reply", Texts(m, new DeskStyle(text.Draw)));
    }

    private static (string, string) Task(Expander text)
    {
        var draw = text.Draw;
        var m = DeskMessage.Draw(text);
        var style = new DeskStyle(draw);
        var texts = Texts(m, style);
        switch (draw.Below(m.Slots.Count > 0 ? 8 : 4))
        {
            case 0:
                texts["options"] = Options(text, "desk_need", m.Need, style.Label);
                return Filled(text, "desk_task_need", texts);
            case 1:
                texts["options"] = Options(text, "desk_place", m.Place, p => p.Field("title")!);
                return Filled(text, "desk_task_place", texts);
            case 2:
                var other = draw.Pick(text.Bank.Table("desk_need"));
                // An angry letter complains and a question asks for advice whatever else they are: no certain "no".
                var asked = draw.Chance(0.5) || other.Value is "complaint" or "advice" ? m.Need : other;
                text.Bind("wish", asked.Field("wish")!);
                return Filled(text, asked == m.Need ? "desk_task_yes" : "desk_task_no", texts);
            case 3:
                return m.Mood is null ? Filled(text, "desk_task_summary", texts) : Filled(text, "desk_task_mood", texts);
            case 4 or 5:
                return Value(text, m, texts);
            default:
                return Filled(text, "desk_task_fields", texts);
        }
    }

    private static (string, string) Value(Expander text, DeskMessage m, Dictionary<string, string> texts)
    {
        var (key, value) = text.Draw.Pick(m.Slots);
        texts["value"] = value;
        text.Bind("question", key.Field("question")!);
        text.Bind("thing", key.Field("thing")!);
        return Filled(text, "desk_task_value", texts);
    }

    private static Dictionary<string, string> Texts(DeskMessage m, DeskStyle style) => new()
    {
        ["msg"] = m.Text,
        ["label"] = style.Label(m.Need),
        ["wants"] = m.Need.Field("wants")!,
        ["short"] = m.Need.Field("short")!,
        ["place"] = m.Place.Field("title")!,
        ["fields"] = style.Write(m),
        ["shape"] = style.Shape(m),
        ["mood"] = m.Mood ?? "",
        ["reply"] = m.Reply,
    };

    /// <summary>The right one among three to five others, in random order.</summary>
    private static string Options(Expander text, string table, Entry right, Func<Entry, string> name)
    {
        var others = text.Draw.Sample(text.Bank.Table(table), text.Draw.Between(4, 7)).Where(e => e != right).Select(name);
        var all = others.Append(name(right)).Distinct().ToList();
        return string.Join(", ", text.Draw.Sample(all, all.Count));
    }

    private static (string, string) Pair(Expander text)
    {
        var rule = text.Draw.Pick(["desk_same", "desk_same", "desk_polite", "desk_shorter"]);
        var (left, right) = Halves(text, rule);
        if (rule == "desk_same" && text.Draw.Chance(0.5))
            (left, right) = (right, left);
        if (text.Draw.Chance(0.75))
            return Filled(text, $"{rule}_task", new() { ["one"] = left, ["two"] = right });
        var alike = text.Draw.Chance(0.5);
        return Filled(text, alike ? "desk_alike_yes" : "desk_alike_no", new() { ["one"] = left, ["two"] = alike ? right : Halves(text, rule).Right });
    }

    private static (string Left, string Right) Halves(Expander text, string rule)
    {
        var raw = text.Raw(rule);
        var at = raw.IndexOf(" => ", StringComparison.Ordinal);
        return at >= 0 ? (Tidy.Apply(raw[..at]), Tidy.Apply(raw[(at + 4)..])) : throw new InvalidDataException($"A pair needs ' => ': {raw}");
    }

    /// <summary>Expands an exchange in which some names stand for whole texts, which are filled in after tidying.</summary>
    private static (string Ask, string Answer) Filled(Expander text, string rule, Dictionary<string, string> texts)
    {
        var marks = texts.Select((t, i) => (t.Key, t.Value, Mark: ((char)(FirstMark + i)).ToString())).ToList();
        foreach (var (name, _, mark) in marks)
            text.Bind(name, mark);
        var parts = text.Raw(rule).Split(" => ");
        var filled = parts.Select(p => marks.Aggregate(Tidy.Apply(p), (all, m) => all.Replace(m.Mark, m.Value, StringComparison.Ordinal))).ToArray();
        return parts.Length <= 2 ? (filled[0], filled[^1]) : throw new InvalidDataException($"Rule '{rule}': expected one ' => '.");
    }
}
