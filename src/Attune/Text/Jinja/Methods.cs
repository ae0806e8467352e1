namespace Attune.Text.Jinja;

/// <summary>Methods of strings, lists and dictionaries. Those that would change a value are left out, as in the sandbox that templates are written for.</summary>
internal static class Methods
{
    private delegate object? Method<T>(RenderState state, T self, Arguments arguments);

    private static readonly Dictionary<string, Method<string>> OfText = new(StringComparer.Ordinal)
    {
        ["split"] = (state, s, a) => Split(state, s, a, fromEnd: false),
        ["rsplit"] = (state, s, a) => Split(state, s, a, fromEnd: true),
        ["splitlines"] = (_, s, _) => new PyList(s.Length == 0 ? [] : (s.EndsWith('\n') ? s[..^1] : s).Split('\n').Select(l => l.TrimEnd('\r'))),
        ["strip"] = (_, s, a) => Python.Strip(s, a.Get(0, "chars")),
        ["lstrip"] = (_, s, a) => Python.Strip(s, a.Get(0, "chars"), right: false),
        ["rstrip"] = (_, s, a) => Python.Strip(s, a.Get(0, "chars"), left: false),
        ["startswith"] = (_, s, a) => AnyOf(a.Get(0, "prefix"), p => s.StartsWith(p, StringComparison.Ordinal)),
        ["endswith"] = (_, s, a) => AnyOf(a.Get(0, "suffix"), p => s.EndsWith(p, StringComparison.Ordinal)),
        ["removeprefix"] = (_, s, a) => s.StartsWith(a.Text(0, "prefix"), StringComparison.Ordinal) ? s[a.Text(0, "prefix").Length..] : s,
        ["removesuffix"] = (_, s, a) => s.EndsWith(a.Text(0, "suffix"), StringComparison.Ordinal) ? s[..^a.Text(0, "suffix").Length] : s,
        ["replace"] = (state, s, a) => Replace(state, s, a.Text(0, "old"), a.Text(1, "new"), a.Whole(2, "count", -1)),
        ["upper"] = (_, s, _) => s.ToUpperInvariant(),
        ["lower"] = (_, s, _) => s.ToLowerInvariant(),
        ["capitalize"] = (_, s, _) => Capitalize(s),
        ["title"] = (_, s, _) => Title(s),
        ["find"] = (_, s, a) => FindText(s, a.Text(0, "sub")),
        ["count"] = (_, s, a) => (long)(a.Text(0, "sub") is { Length: > 0 } sub ? s.Split(sub).Length - 1 : Python.Length(s) + 1),
        ["join"] = (state, s, a) => Join(state, s, Python.Iterate(a.Get(0, "iterable"))),
        ["isdigit"] = (_, s, _) => s.Length > 0 && s.All(char.IsDigit),
        ["isalpha"] = (_, s, _) => s.Length > 0 && s.All(char.IsLetter),
        ["isspace"] = (_, s, _) => s.Length > 0 && s.All(Python.IsSpace),
        ["isupper"] = (_, s, _) => IsCase(s, upper: true),
        ["islower"] = (_, s, _) => IsCase(s, upper: false),
    };

    private static readonly Dictionary<string, Method<PyDict>> OfDict = new(StringComparer.Ordinal)
    {
        ["items"] = (_, d, _) => Items(d),
        ["keys"] = (_, d, _) => new PyList(d.Items.Keys),
        ["values"] = (_, d, _) => new PyList(d.Items.Values),
        ["get"] = (_, d, a) => a.Get(0, "key") is string or bool or long or double && d.Items.TryGetValue(a.Get(0, "key")!, out var value) ? value : a.Get(1, "default"),
    };

    private static readonly Dictionary<string, Method<PyList>> OfList = new(StringComparer.Ordinal)
    {
        ["index"] = (_, l, a) => l.Items.FindIndex(i => Python.AreEqual(i, a.Get(0, "value"))) is >= 0 and var at ? (long)at : throw new TemplateFault("the value is not in the list"),
        ["count"] = (_, l, a) => (long)l.Items.Count(i => Python.AreEqual(i, a.Get(0, "value"))),
    };

    /// <summary>The bound method, or null where the value has none of that name.</summary>
    public static Callable? Find(object? value, string name) => value switch
    {
        string s => Bind(OfText, s, name),
        PyDict d => Bind(OfDict, d, name),
        PyList l => Bind(OfList, l, name),
        _ => null,
    };

    public static PyList Items(PyDict dict) => new(dict.Items.Select(p => new PyList([p.Key, p.Value], isTuple: true)));

    public static string Join(RenderState state, string separator, IEnumerable<object?> items)
    {
        var joined = string.Join(separator, items.Select(i => i as string ?? throw new TemplateFault($"join needs strings, not a {Python.TypeName(i)}")));
        state.Charge(joined.Length);
        return joined;
    }

    public static string Capitalize(string text) => text.Length == 0 ? "" : text[..1].ToUpperInvariant() + text[1..].ToLowerInvariant();

    public static string Replace(RenderState state, string text, string old, string with, long count)
    {
        if (old.Length == 0) throw new TemplateFault("replacing the empty string is not supported");
        var parts = text.Split(old, count is < 0 or > int.MaxValue - 1 ? int.MaxValue : (int)count + 1);
        state.Charge(text.Length + (long)parts.Length * with.Length);
        return string.Join(with, parts);
    }

    /// <summary>Whether there are letters with case and all of them are of that case.</summary>
    public static bool IsCase(string text, bool upper) => upper ? text.Any(char.IsUpper) && !text.Any(char.IsLower) : text.Any(char.IsLower) && !text.Any(char.IsUpper);

    private static Callable? Bind<T>(Dictionary<string, Method<T>> table, T self, string name) =>
        table.TryGetValue(name, out var method) ? new Callable(name, (state, arguments) => method(state, self, arguments)) : null;

    private static bool AnyOf(object? given, Func<string, bool> holds) => given switch
    {
        string s => holds(s),
        PyList { IsTuple: true } t => t.Items.Any(i => i is string s && holds(s)),
        _ => throw new TemplateFault($"a string is needed, not a {Python.TypeName(given)}"),
    };

    private static long FindText(string text, string sought)
    {
        var at = text.IndexOf(sought, StringComparison.Ordinal);
        return at < 0 ? -1 : Python.Length(text[..at]);
    }

    private static string Title(string text)
    {
        var chars = text.ToCharArray();
        for (var i = 0; i < chars.Length; i++) chars[i] = i > 0 && char.IsLetter(chars[i - 1]) ? char.ToLowerInvariant(chars[i]) : char.ToUpperInvariant(chars[i]);
        return new string(chars);
    }

    private static PyList Split(RenderState state, string text, Arguments arguments, bool fromEnd)
    {
        state.Charge(text.Length);
        var limit = arguments.Whole(1, "maxsplit", -1);
        var separator = arguments.Get(0, "sep");
        var cuts = separator switch
        {
            null => Gaps(text),
            string { Length: > 0 } s => Occurrences(text, s, fromEnd),
            _ => throw new TemplateFault("split needs a separator that is not empty"),
        };
        var blank = separator is null;
        var pieces = new List<object?>();
        if (limit >= 0 && cuts.Count > limit) cuts = fromEnd ? cuts[^(int)limit..] : cuts[..(int)limit];
        var done = 0;
        foreach (var (start, end) in cuts)
        {
            pieces.Add(text[done..start]);
            done = end;
        }
        pieces.Add(text[done..]);
        if (!blank) return new PyList(pieces);
        // White space at the ends separates nothing.
        pieces[0] = Python.Strip((string)pieces[0]!, right: false);
        pieces[^1] = Python.Strip((string)pieces[^1]!, left: false);
        return new PyList(pieces.Where(p => p is not ""));
    }

    private static List<(int Start, int End)> Occurrences(string text, string sought, bool fromEnd)
    {
        var found = new List<(int, int)>();
        if (!fromEnd)
        {
            for (var at = text.IndexOf(sought, StringComparison.Ordinal); at >= 0; at = text.IndexOf(sought, at + sought.Length, StringComparison.Ordinal)) found.Add((at, at + sought.Length));
            return found;
        }
        for (var end = text.Length; text[..end].LastIndexOf(sought, StringComparison.Ordinal) is >= 0 and var at; end = at) found.Add((at, at + sought.Length));
        found.Reverse();
        return found;
    }

    /// <summary>The runs of white space between words.</summary>
    private static List<(int Start, int End)> Gaps(string text)
    {
        var gaps = new List<(int, int)>();
        var last = Python.Strip(text, left: false).Length;
        for (var i = text.Length - Python.Strip(text, right: false).Length; i < last; i++)
        {
            if (!Python.IsSpace(text[i])) continue;
            var start = i;
            while (Python.IsSpace(text[i])) i++;
            gaps.Add((start, i));
        }
        return gaps;
    }
}
