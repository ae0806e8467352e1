using System.Text;

namespace Attune.Corpus.Text;

/// <summary>Expands rules into text. Names bound once keep their value for the whole document, which is what keeps a story about the same people and things.</summary>
internal sealed class Expander(Bank bank, Draw draw)
{
    private const int MaxDepth = 40;
    private readonly Dictionary<string, Entry> bound = [];
    private readonly Dictionary<Rule, HashSet<int>> used = [];
    private readonly HashSet<string> taken = [];

    public Draw Draw => draw;

    public Bank Bank => bank;

    /// <summary>Forgets who is who, but not which alternatives were used: a later part of the document says something else.</summary>
    public void Forget()
    {
        bound.Clear();
        taken.Clear();
    }

    public void Bind(string name, string value) => bound[name] = new Entry([value], []);

    public void Bind(string name, Entry entry) => bound[name] = entry;

    /// <summary>The expansion of a rule with its spaces, articles and capitals put right.</summary>
    public string Text(string rule) => Tidy.Apply(Raw(rule));

    public string Raw(string rule)
    {
        var into = new StringBuilder();
        Expand(bank.Rule(rule) ?? throw new InvalidDataException($"No rule '{rule}' in the word banks."), into, 0);
        return into.ToString();
    }

    private void Expand(Rule rule, StringBuilder into, int depth)
    {
        if (depth > MaxDepth)
            throw new InvalidDataException("The rules of the word banks refer to each other without end.");
        if (!this.used.TryGetValue(rule, out var used))
            this.used[rule] = used = [];
        if (used.Count == rule.Alternatives.Count)
            used.Clear();
        int at;
        do
            at = draw.Pick(rule.Lot);
        while (used.Contains(at));
        used.Add(at);
        Write(rule.Alternatives[at], into, depth);
    }

    private void Write(Node[] nodes, StringBuilder into, int depth)
    {
        foreach (var node in nodes)
            switch (node)
            {
                case Node.Plain plain:
                    into.Append(plain.Text);
                    break;
                case Node.Choice choice:
                    Write(draw.Pick(choice.Options), into, depth);
                    break;
                case Node.Reference reference:
                    Write(reference, into, depth);
                    break;
            }
    }

    private void Write(Node.Reference reference, StringBuilder into, int depth)
    {
        if (reference.Bind is null && !bound.ContainsKey(reference.Name) && bank.Rule(reference.Name) is { } rule)
        {
            if (reference.Steps.Length == 0)
            {
                Expand(rule, into, depth + 1);
                return;
            }
        }
        var entry = Resolve(reference.Name, depth);
        if (reference.Bind is not null)
            bound[reference.Bind] = entry;
        if (reference.Silent)
            return;
        var value = entry.Value;
        foreach (var step in reference.Steps)
            value = entry.Field(step) ?? Inflect.Apply(step, value);
        into.Append(value);
    }

    private Entry Resolve(string name, int depth)
    {
        if (bound.TryGetValue(name, out var entry))
            return entry;
        if (bank.HasTable(name))
        {
            var rows = bank.Table(name);
            for (var attempt = 0; attempt < 30; attempt++)
            {
                entry = draw.Pick(rows);
                if (taken.Add(name + "/" + entry.Value))
                    return entry;
            }
            return entry!;
        }
        var rule = bank.Rule(name) ?? throw new InvalidDataException($"Neither a name, a table nor a rule: '{name}'.");
        var into = new StringBuilder();
        Expand(rule, into, depth + 1);
        return new Entry([into.ToString()], []);
    }
}
