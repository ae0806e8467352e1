namespace Attune.Corpus.Text;

/// <summary>One row of a table: named fields, the first of which is the value itself.</summary>
internal sealed record Entry(string[] Fields, Dictionary<string, int> Names)
{
    public string Value => Fields[0];

    public string? Field(string name) => Names.TryGetValue(name, out var at) ? Fields[at] : null;
}

/// <summary>A rule of the grammar: alternatives, each as often as its weight.</summary>
internal sealed record Rule(List<Node[]> Alternatives, List<int> Lot);

/// <summary>
/// The word banks, read from text resources. <c>name:</c> begins a rule, whose alternatives are the lines below it (<c>3* text</c> counts thrice);
/// <c>@name field field</c> begins a table, whose rows have fields split by <c>;</c>. A row whose first field lists values with commas stands for one row each.
/// </summary>
internal sealed class Bank
{
    private readonly Dictionary<string, Rule> rules = [];
    private readonly Dictionary<string, List<Entry>> tables = [];

    /// <summary>Reads embedded resources whose names begin with one of the prefixes.</summary>
    public static Bank Load(params string[] prefixes)
    {
        var bank = new Bank();
        var assembly = typeof(Bank).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            if (!prefixes.Any(p => name.StartsWith(p, StringComparison.Ordinal)))
                continue;
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            bank.Read(name, reader.ReadToEnd());
        }
        return bank;
    }

    public Rule? Rule(string name) => rules.GetValueOrDefault(name);

    public List<Entry> Table(string name) =>
        tables.TryGetValue(name, out var rows) ? rows : throw new InvalidDataException($"No table '{name}' in the word banks.");

    public bool HasTable(string name) => tables.ContainsKey(name);

    public void Read(string file, string text)
    {
        Rule? rule = null;
        (List<Entry> Rows, Dictionary<string, int> Names)? table = null;
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (line[0] == '@')
            {
                var words = line[1..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                var names = words.Skip(1).Select((w, i) => (w, i)).ToDictionary(p => p.w, p => p.i);
                table = (tables.TryGetValue(words[0], out var rows) ? rows : tables[words[0]] = [], names);
                rule = null;
            }
            else if (line[^1] == ':' && !line.Contains(' ', StringComparison.Ordinal))
            {
                var name = line[..^1];
                if (!rules.TryGetValue(name, out rule))
                    rules[name] = rule = new Rule([], []);
                table = null;
            }
            else if (table is { } t)
                AddRows(t.Rows, t.Names, line, $"{file}:{number}");
            else if (rule is not null)
                AddAlternative(rule, line, $"{file}:{number}");
            else
                throw new InvalidDataException($"{file}:{number}: a line outside of any rule or table.");
        }
    }

    private static void AddRows(List<Entry> rows, Dictionary<string, int> names, string line, string where)
    {
        var fields = line.Split(';').Select(f => f.Trim()).ToArray();
        if (fields.Length != names.Count)
            throw new InvalidDataException($"{where}: expected {names.Count} fields ({string.Join(", ", names.Keys)}), found {fields.Length}.");
        foreach (var value in fields[0].Split(','))
            rows.Add(new Entry([value.Trim(), .. fields[1..]], names));
    }

    private static void AddAlternative(Rule rule, string line, string where)
    {
        var weight = 1;
        var star = line.IndexOf("* ", StringComparison.Ordinal);
        if (star is > 0 and < 3 && int.TryParse(line.AsSpan(0, star), out var w))
            (weight, line) = (w, line[(star + 2)..]);
        rule.Alternatives.Add(Node.Parse(line, where));
        rule.Lot.AddRange(Enumerable.Repeat(rule.Alternatives.Count - 1, weight));
    }
}
