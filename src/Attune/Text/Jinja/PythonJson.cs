using System.Globalization;
using System.Text;

namespace Attune.Text.Jinja;

/// <summary>json.dumps as chat templates see it: no ASCII escaping, ", " and ": " between items unless said otherwise.</summary>
internal sealed class PythonJson(int? indent, string itemSeparator, string keySeparator, bool sortKeys)
{
    private readonly StringBuilder json = new();

    public static string Write(RenderState state, object? value, Arguments arguments)
    {
        int? indent = arguments.Get(0, "indent") switch
        {
            null => null,
            long l and >= 0 and <= 100 => (int)l,
            _ => throw new TemplateFault("tojson's indent must be a number from 0 to 100"),
        };
        var (item, key) = (indent is null ? ", " : ",", ": ");
        if (arguments.Get(1, "separators") is { } given)
        {
            if (given is not PyList { Items: [string first, string second] }) throw new TemplateFault("tojson's separators must be two strings");
            (item, key) = (first, second);
        }
        var writer = new PythonJson(indent, item, key, arguments.Flag(2, "sort_keys", false));
        writer.Append(value, 0);
        state.Charge(writer.json.Length);
        return writer.json.ToString();
    }

    private void Append(object? value, int depth)
    {
        Python.GuardStack();
        switch (value)
        {
            case null: json.Append("null"); break;
            case bool b: json.Append(b ? "true" : "false"); break;
            case string s: AppendText(s); break;
            case double d: json.Append(Float(d)); break;
            case PyList l: AppendAll('[', ']', l.Items, depth, i => Append(i, depth + 1)); break;
            case PyDict d: AppendDict(d, depth); break;
            case Undefined u: throw u.Fault();
            default: json.Append(Python.IsNumber(value) ? Python.Repr(value) : throw new TemplateFault($"a {Python.TypeName(value)} cannot be written as JSON")); break;
        }
    }

    private void AppendDict(PyDict dict, int depth)
    {
        IEnumerable<KeyValuePair<object, object?>> items = dict.Items;
        if (sortKeys) items = items.OrderBy(p => p.Key, Comparer<object>.Create(Python.Compare));
        AppendAll('{', '}', [.. items], depth, pair =>
        {
            AppendText(KeyText(pair.Key));
            json.Append(keySeparator);
            Append(pair.Value, depth + 1);
        });
    }

    private void AppendAll<T>(char open, char close, List<T> items, int depth, Action<T> append)
    {
        json.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) json.Append(itemSeparator);
            BreakLine(depth + 1);
            append(items[i]);
        }
        if (items.Count > 0) BreakLine(depth);
        json.Append(close);
    }

    private void BreakLine(int depth)
    {
        if (indent is { } width) json.Append('\n').Append(' ', width * depth);
    }

    private static string KeyText(object key) => key switch
    {
        string s => s,
        bool b => b ? "true" : "false",
        double d => Float(d),
        _ => Python.Repr(key),
    };

    private static string Float(double value) => double.IsNaN(value) ? "NaN" : double.IsInfinity(value) ? (value > 0 ? "Infinity" : "-Infinity") : Python.Float(value);

    private void AppendText(string text)
    {
        json.Append('"');
        foreach (var c in text)
        {
            switch (c)
            {
                case '"': json.Append("\\\""); break;
                case '\\': json.Append("\\\\"); break;
                case '\n': json.Append("\\n"); break;
                case '\r': json.Append("\\r"); break;
                case '\t': json.Append("\\t"); break;
                case '\b': json.Append("\\b"); break;
                case '\f': json.Append("\\f"); break;
                case < ' ': json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"); break;
                default: json.Append(c); break;
            }
        }
        json.Append('"');
    }
}
