using System.Globalization;
using System.Text.RegularExpressions;

namespace Attune.Text.Jinja;

/// <summary>A filter: what stands before the bar, and the arguments behind its name.</summary>
internal delegate object? Filter(RenderState state, object? value, Arguments arguments);

/// <summary>The filters, by name.</summary>
internal static class Filters
{
    private static readonly Dictionary<string, Filter> Table = new(StringComparer.Ordinal)
    {
        ["tojson"] = PythonJson.Write,
        ["trim"] = (_, v, a) => Python.Strip(Python.Str(v), a.Get(0, "chars")),
        ["length"] = (_, v, _) => Python.Length(v),
        ["string"] = (_, v, _) => Python.Str(v),
        ["safe"] = (_, v, _) => v,                                             // nothing escapes, so nothing needs to be exempted
        ["lower"] = (_, v, _) => Python.Str(v).ToLowerInvariant(),
        ["upper"] = (_, v, _) => Python.Str(v).ToUpperInvariant(),
        ["capitalize"] = (_, v, _) => Methods.Capitalize(Python.Str(v)),
        ["title"] = (_, v, _) => Title(Python.Str(v)),
        ["replace"] = (state, v, a) => Methods.Replace(state, Python.Str(v), Python.Str(a.Get(0, "old")), Python.Str(a.Get(1, "new")), a.Get(2, "count") is null ? -1 : a.Whole(2, "count", -1)),
        ["indent"] = Indent,
        ["default"] = (_, v, a) => v is Undefined || (a.Flag(1, "boolean", false) && !Python.Truth(v)) ? a.Get(0, "default_value", "") : v,
        ["int"] = (_, v, a) => ToInteger(v, a.Get(0, "default", 0L)),
        ["float"] = (_, v, a) => ToFloat(v, a.Get(0, "default", 0.0)),
        ["abs"] = (_, v, _) => v is double d ? Math.Abs(d) : Python.Number(v) < 0 ? Operations.Negate(v) : v,
        ["round"] = (_, v, a) => Math.Round(Python.Number(v), (int)Math.Clamp(a.Whole(0, "precision", 0), 0, 15), MidpointRounding.ToEven),
        ["items"] = (_, v, _) => v is Undefined ? new PyList([]) : Methods.Items(v as PyDict ?? throw new TemplateFault($"items needs a mapping, not a {Python.TypeName(v)}")),
        ["list"] = (_, v, _) => new PyList(Python.Iterate(v)),
        ["first"] = (_, v, _) => Python.Iterate(v) is [var first, ..] ? first : new Undefined("the first item of an empty sequence"),
        ["last"] = (_, v, _) => Python.Iterate(v) is [.., var last] ? last : new Undefined("the last item of an empty sequence"),
        ["reverse"] = (_, v, _) => v is string s ? string.Concat(Python.Scalars(s).AsEnumerable().Reverse()) : new PyList(Python.Iterate(v).Reverse()),
        ["join"] = (state, v, a) => Methods.Join(state, Python.Str(a.Get(0, "d", "")), Python.Iterate(v).Select(i => (object?)Python.Str(At(i, a.Get(1, "attribute"))))),
        ["map"] = Map,
        ["select"] = (_, v, a) => Where(v, a, byAttribute: false, wanted: true),
        ["reject"] = (_, v, a) => Where(v, a, byAttribute: false, wanted: false),
        ["selectattr"] = (_, v, a) => Where(v, a, byAttribute: true, wanted: true),
        ["rejectattr"] = (_, v, a) => Where(v, a, byAttribute: true, wanted: false),
        ["dictsort"] = DictSort,
        ["sort"] = (_, v, a) => Sort(Python.Iterate(v), i => At(i, a.Get(2, "attribute")), a.Flag(1, "case_sensitive", false), a.Flag(0, "reverse", false)),
        ["unique"] = (_, v, a) => Unique(Python.Iterate(v), i => At(i, a.Get(1, "attribute")), a.Flag(0, "case_sensitive", false)),
        ["min"] = (_, v, a) => Sort(Python.Iterate(v), i => At(i, a.Get(1, "attribute")), a.Flag(0, "case_sensitive", false), false).Items is [var least, ..] ? least : new Undefined("the least of an empty sequence"),
        ["max"] = (_, v, a) => Sort(Python.Iterate(v), i => At(i, a.Get(1, "attribute")), a.Flag(0, "case_sensitive", false), true).Items is [var most, ..] ? most : new Undefined("the greatest of an empty sequence"),
        ["sum"] = (state, v, a) => Python.Iterate(v).Select(i => At(i, a.Get(0, "attribute"))).Aggregate(a.Get(1, "start", 0L), (x, y) => Operations.Apply(state, "+", x, y)),
    };

    private static readonly Dictionary<string, string> OtherNames = new(StringComparer.Ordinal) { ["count"] = "length", ["d"] = "default" };

    public static Filter Find(string name) => Table.TryGetValue(OtherNames.GetValueOrDefault(name, name), out var filter)
        ? filter
        : throw new TemplateFault($"the filter \"{name}\" is not supported; supported are {string.Join(", ", Table.Keys)}");

    /// <summary>The attribute at a dotted path of an item; the item itself where no path is given.</summary>
    private static object? At(object? item, object? path)
    {
        if (path is null) return item;
        foreach (var part in Python.Str(path).Split('.'))
        {
            if (item is Undefined) return item;
            item = Access.Item(item, long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : part);
        }
        return item;
    }

    private static PyList Map(RenderState state, object? value, Arguments arguments)
    {
        if (arguments.Named.TryGetValue("attribute", out var path))
        {
            var otherwise = arguments.Get(-1, "default");
            return new PyList(Python.Iterate(value).Select(i => At(i, path) is var found && found is Undefined && otherwise is not null ? otherwise : found));
        }
        var filter = Find(arguments.Text(0, "filter"));
        var rest = arguments with { Positional = arguments.Positional[1..] };
        return new PyList(Python.Iterate(value).Select(i => filter(state, i, rest)));
    }

    private static PyList Where(object? value, Arguments arguments, bool byAttribute, bool wanted)
    {
        var path = byAttribute ? arguments.Get(0, "attribute") ?? throw new TemplateFault("an attribute's name is needed") : null;
        var given = arguments.Positional.Skip(byAttribute ? 1 : 0).ToList();
        if (given.Count == 0) return new PyList(Python.Iterate(value).Where(i => Python.Truth(At(i, path)) == wanted));
        var test = TemplateTests.Find(Python.Str(given[0]));
        var rest = arguments with { Positional = given[1..] };
        return new PyList(Python.Iterate(value).Where(i => test(At(i, path), rest) == wanted));
    }

    private static PyList DictSort(RenderState state, object? value, Arguments arguments)
    {
        var dict = value as PyDict ?? throw new TemplateFault($"dictsort needs a mapping, not a {Python.TypeName(value)}");
        var place = arguments.Text(1, "by", "key") == "value" ? 1L : 0L;
        return Sort(Methods.Items(dict).Items, i => Access.Item(i, place), arguments.Flag(0, "case_sensitive", false), arguments.Flag(2, "reverse", false));
    }

    private static PyList Sort(IReadOnlyList<object?> items, Func<object?, object?> key, bool caseSensitive, bool reverse)
    {
        var order = Comparer<object?>.Create(Python.Compare);
        object? Key(object? item) => Folded(key(item), caseSensitive);
        return new PyList(reverse ? items.OrderByDescending(Key, order) : items.OrderBy(Key, order));
    }

    private static PyList Unique(IReadOnlyList<object?> items, Func<object?, object?> key, bool caseSensitive)
    {
        var seen = new List<object?>();
        return new PyList(items.Where(item =>
        {
            var own = Folded(key(item), caseSensitive);
            if (seen.Exists(s => Python.AreEqual(s, own))) return false;
            seen.Add(own);
            return true;
        }));
    }

    private static object? Folded(object? value, bool caseSensitive) => value is string s && !caseSensitive ? s.ToLowerInvariant() : value;

    private static string Indent(RenderState state, object? value, Arguments arguments)
    {
        var margin = arguments.Get(0, "width", 4L) switch
        {
            string s => s,
            long l and >= 0 and <= 1000 => new string(' ', (int)l),
            _ => throw new TemplateFault("indent's width must be a string or a number from 0 to 1000"),
        };
        var blank = arguments.Flag(2, "blank", false);
        var lines = Python.Str(value).Split('\n');
        var text = string.Join('\n', lines.Select((line, i) => i > 0 && (blank || line.Length > 0) ? margin + line : line));
        state.Charge(text.Length);
        return arguments.Flag(1, "first", false) ? margin + text : text;
    }

    /// <summary>Each word's first letter in upper case, the rest in lower; words end at white space, hyphens and opening brackets.</summary>
    private static string Title(string text) => Regex.Replace(text, @"[^-\s({\[<]+", word => Methods.Capitalize(word.Value));

    private static object? ToInteger(object? value, object? otherwise) => value switch
    {
        long => value,
        bool b => b ? 1L : 0L,
        double d when Math.Abs(d) < 9e18 => (long)d,
        string s when long.TryParse(s.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
        string s when double.TryParse(s.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var d) && Math.Abs(d) < 9e18 => (long)d,
        _ => otherwise,
    };

    private static object? ToFloat(object? value, object? otherwise) => value switch
    {
        _ when Python.IsNumber(value) => Python.Number(value),
        string s when double.TryParse(s.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var d) => d,
        _ => otherwise,
    };
}
