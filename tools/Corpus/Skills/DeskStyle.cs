using System.Text.Json;
using Attune.Corpus.Text;

namespace Attune.Corpus.Skills;

/// <summary>One way of writing down what a message is about: a format, names for the needs and names for the keys. Many styles keep any single one from being learned by heart.</summary>
internal sealed class DeskStyle
{
    private static readonly string[] Heads = ["topic", "need", "request", "about", "subject", "kind", "wish", "task", "type", "label", "matter", "reason"];
    private const int Formats = 8;
    private readonly int format;
    private readonly int variant;
    private readonly string head;

    public DeskStyle(Draw draw)
    {
        (format, variant, head) = (draw.Below(Formats), draw.Below(60), draw.Pick(Heads));
    }

    /// <summary>The style's name for a need; names are separated by a slash in the bank.</summary>
    public string Label(Entry need) => Variant(need.Field("labels")!);

    public string Key(Entry key) => Variant(key.Field("words")!);

    public string Write(DeskMessage m) => Join(Label(m.Need), [.. m.Slots.Select(s => (Key(s.Key), s.Value))]);

    /// <summary>The same with dots for the values: what a prompt asks for.</summary>
    public string Shape(DeskMessage m) => Join("...", [.. m.Slots.Select(s => (Key(s.Key), "..."))]);

    private string Variant(string names)
    {
        var all = names.Split('/');
        return all[variant % all.Length];
    }

    private string Join(string label, List<(string Key, string Value)> slots)
    {
        List<(string Key, string Value)> all = [(head, label), .. slots];
        return format switch
        {
            0 or 1 => string.Join("; ", all.Select(p => $"{p.Key}: {p.Value}")),
            2 => string.Join(", ", all.Select(p => $"{p.Key}={p.Value}")),
            3 => string.Join(" | ", slots.Select(p => $"{p.Key}: {p.Value}").Prepend(label)),
            4 => "{" + string.Join(", ", all.Select(p => $"\"{p.Key}\": {JsonSerializer.Serialize(p.Value, JsonText.Options)}")) + "}",
            5 => string.Join("\n", all.Select(p => $"{char.ToUpperInvariant(p.Key[0])}{p.Key[1..]}: {p.Value}")),
            6 => slots.Count == 0 ? label : $"{label} ({string.Join(", ", slots.Select(p => $"{p.Key} {p.Value}"))})",
            _ => string.Join("\n", slots.Select(p => $"- {p.Key}: {p.Value}").Prepend(label)),
        };
    }
}
