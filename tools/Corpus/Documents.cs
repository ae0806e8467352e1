using System.Text;
using Attune.Corpus.Skills;
using Attune.Corpus.Text;

namespace Attune.Corpus;

/// <summary>A kind of document with its share of the corpus.</summary>
internal sealed record DocumentKind(string Name, int Share, Func<Expander, string> Make);

/// <summary>What the generated part of the corpus consists of; shares are counted in documents.</summary>
internal static class Documents
{
    /// <summary>The word banks that all kinds are made from, as prefixes of their names.</summary>
    public static readonly string[] Banks = ["tables", "stories", "info", "talk", "desk", "prose", "chat"];

    public static readonly DocumentKind[] Kinds =
    [
        new("story", 20, Story),
        new("information", 12, Information),
        new("prose", 26, Prose),
        new("dialogue", 38, e => Dialogue(e, e.Draw.Between(3, 9))),
        new("single exchange", 14, e => Dialogue(e, 1)),
    ];

    private static readonly string[] Systems =
    [
        "You are a helpful assistant.", "Answer briefly.", "You are a friendly helper who answers in plain words.", "Be kind and short.",
        "Answer the question. If you copy something, copy it exactly.", "You talk with a child. Use simple words.", "You give exact answers.",
    ];

    public static DocumentKind Choose(Draw draw)
    {
        var at = draw.Below(Kinds.Sum(k => k.Share));
        foreach (var kind in Kinds)
            if ((at -= kind.Share) < 0)
                return kind;
        throw new InvalidOperationException("The shares do not add up.");
    }

    private static string Story(Expander text)
    {
        Values.BindAll(text);
        return text.Text("story");
    }

    private static string Information(Expander text) => Pieces(text, "info", text.Draw.Between(1, 3));

    private static string Prose(Expander text) => Pieces(text, "prose", text.Draw.Between(1, 2));

    private static string Pieces(Expander text, string rule, int count)
    {
        var into = new StringBuilder();
        for (var i = count; i > 0; i--)
        {
            text.Forget();
            Values.BindAll(text);
            into.Append(into.Length > 0 ? "\n\n" : "").Append(text.Text(rule));
        }
        return into.ToString();
    }

    private static string Dialogue(Expander text, int exchanges)
    {
        if (text.Draw.Chance(0.1))
            return DeskSession(text, exchanges);
        var into = new StringBuilder();
        if (text.Draw.Chance(0.12))
            into.Append("<|system|>\n").Append(text.Draw.Pick(Systems)).Append("<|end|>\n");
        for (var i = 0; i < exchanges; i++)
        {
            text.Forget();
            Values.BindAll(text);
            List<(string Ask, string Answer)> turns = exchanges > 1 && text.Draw.Chance(0.06) ? Desk.Talk(text)
                : [text.Draw.Chance(0.33) ? Desk.Make(text) : text.Draw.Chance(0.22) ? Exercise.Make(text) : Exchange(text)];
            Write(into, turns);
        }
        return into.ToString();
    }

    private static string DeskSession(Expander text, int exchanges)
    {
        var (system, turns) = Desk.Session(text, exchanges);
        var into = new StringBuilder(system is null ? "" : $"<|system|>\n{system}<|end|>\n");
        Write(into, turns);
        return into.ToString();
    }

    private static void Write(StringBuilder into, List<(string Ask, string Answer)> turns)
    {
        foreach (var (ask, answer) in turns)
            into.Append("<|user|>\n").Append(ask).Append("<|end|>\n<|assistant|>\n").Append(answer).Append("<|end|>\n");
    }

    private static (string Ask, string Answer) Exchange(Expander text)
    {
        var raw = text.Raw(text.Draw.Chance(0.5) ? "chat" : "exchange");
        var at = raw.IndexOf(" => ", StringComparison.Ordinal);
        if (at < 0 || raw.IndexOf(" => ", at + 1, StringComparison.Ordinal) >= 0)
            throw new InvalidDataException($"An exchange needs one ' => ': {raw}");
        return (Tidy.Apply(raw[..at]), Tidy.Apply(raw[(at + 4)..]));
    }
}
