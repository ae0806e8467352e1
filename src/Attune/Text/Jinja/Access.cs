namespace Attune.Text.Jinja;

/// <summary>Attributes, elements and slices.</summary>
internal static class Access
{
    /// <summary>value.name: a method or attribute first, then an element.</summary>
    public static object? Attribute(object? value, string name) => value switch
    {
        Undefined u => throw u.Fault(),
        IAttributes a => a.Attribute(name),
        _ => (object?)Methods.Find(value, name) ?? (value is PyDict d && d.Items.TryGetValue(name, out var item) ? item : Missing(value, name)),
    };

    /// <summary>value[key]: an element first, then an attribute.</summary>
    public static object? Item(object? value, object? key)
    {
        switch (value)
        {
            case Undefined u: throw u.Fault();
            case PyDict d when key is string or bool or long or double && d.Items.TryGetValue(key, out var item): return item;
            case PyList l when key is long or bool: return Place(Index(key), l.Items.Count) is { } i ? l.Items[i] : Missing(value, Python.Str(key));
            case string s when key is long or bool:
                var scalars = Python.Scalars(s);
                return Place(Index(key), scalars.Count) is { } at ? scalars[at] : Missing(value, Python.Str(key));
            case IAttributes a when key is string name: return a.Attribute(name);
            default: return key is string method && Methods.Find(value, method) is { } found ? found : Missing(value, Python.Str(key));
        }
    }

    /// <summary>value[start:stop:step] by Python's rules; a missing bound is null.</summary>
    public static object? Slice(RenderState state, object? value, object? start, object? stop, object? step)
    {
        if (value is Undefined u) throw u.Fault();
        if (value is not (string or PyList)) throw new TemplateFault($"a {Python.TypeName(value)} cannot be sliced");
        var items = Python.Iterate(value);
        state.Charge(items.Count);
        var stride = step is null ? 1 : Index(step);
        if (stride == 0) throw new TemplateFault("a slice's step must not be zero");
        var (low, high) = stride > 0 ? (0L, (long)items.Count) : (-1L, items.Count - 1L);
        var from = Bound(start, stride > 0 ? low : high);
        var to = Bound(stop, stride > 0 ? high : low);
        var taken = new List<object?>();
        // The bounds are within the list, so that adding a huge stride is what must not overflow.
        for (var i = from; stride > 0 ? i < to : i > to; i = Math.Abs(stride) > items.Count ? to : i + stride) taken.Add(items[(int)i]);
        return value is PyList list ? new PyList(taken, list.IsTuple) : string.Concat(taken);

        long Bound(object? given, long otherwise)
        {
            if (given is null) return otherwise;
            var index = Index(given);
            return Math.Clamp(index < 0 ? Math.Max(index, -1L - items.Count) + items.Count : index, low, high);
        }
    }

    private static long Index(object? value) => value switch
    {
        long l => l,
        bool b => b ? 1 : 0,
        Undefined u => throw u.Fault(),
        _ => throw new TemplateFault($"an index must be an integer, not {Python.TypeName(value)}"),
    };

    private static int? Place(long index, int count)
    {
        if (index < 0) index += count;
        return index >= 0 && index < count ? (int)index : null;
    }

    private static Undefined Missing(object? value, string name) => new($"'{name}' of a {Python.TypeName(value)}");
}
