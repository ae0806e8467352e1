using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Attune.Text.Jinja;

// Values are null (None), bool, long, BigInteger (only passed through), double, string, PyList, PyDict, and the types below.

/// <summary>A name, attribute or element that is not there: false and empty, and an error wherever a value is needed.</summary>
internal sealed record Undefined(string What)
{
    public TemplateFault Fault() => new($"{What} is undefined");
}

/// <summary>A list, or a tuple, which differs in how it is shown.</summary>
internal sealed class PyList(IEnumerable<object?> items, bool isTuple = false)
{
    public List<object?> Items { get; } = [.. items];

    public bool IsTuple { get; } = isTuple;
}

/// <summary>A dictionary in order of insertion; its keys are strings, numbers and booleans.</summary>
internal sealed class PyDict
{
    public OrderedDictionary<object, object?> Items { get; } = new(KeyComparer.Instance);

    public void Set(object? key, object? value) =>
        Items[key is string or bool or long or double ? key : throw new TemplateFault($"a {Python.TypeName(key)} as a key is not supported")] = value;

    /// <summary>1, 1.0 and True are one key, as in Python.</summary>
    private sealed class KeyComparer : IEqualityComparer<object>
    {
        public static readonly KeyComparer Instance = new();

        public new bool Equals(object? x, object? y) => Python.AreEqual(x, y);

        public int GetHashCode(object obj) => obj is string s ? s.GetHashCode(StringComparison.Ordinal) : Python.Number(obj).GetHashCode();
    }
}

/// <summary>Something with attributes that is neither list nor dictionary: namespace, loop.</summary>
internal interface IAttributes
{
    object? Attribute(string name);
}

/// <summary>namespace(…): the one thing whose attributes a template may assign, from inside loops too.</summary>
internal sealed class Namespace : IAttributes
{
    public Dictionary<string, object?> Values { get; } = new(StringComparer.Ordinal);

    public object? Attribute(string name) => Values.TryGetValue(name, out var value) ? value : new Undefined($"the namespace's '{name}'");
}

/// <summary>Arguments of a call.</summary>
internal sealed record Arguments(List<object?> Positional, Dictionary<string, object?> Named)
{
    /// <summary>The argument at that place or of that name, or <paramref name="otherwise"/>.</summary>
    public object? Get(int index, string name, object? otherwise = null) =>
        index >= 0 && index < Positional.Count ? Positional[index] : Named.TryGetValue(name, out var value) ? value : otherwise;

    public string Text(int index, string name, string? otherwise = null) =>
        Get(index, name, otherwise) as string ?? throw new TemplateFault($"the argument {name} must be a string");

    public long Whole(int index, string name, long otherwise) => Get(index, name, otherwise) switch
    {
        long l => l,
        bool b => b ? 1 : 0,
        var other => throw new TemplateFault($"the argument {name} must be an integer, not {Python.TypeName(other)}"),
    };

    public bool Flag(int index, string name, bool otherwise) => Python.Truth(Get(index, name, otherwise));
}

/// <summary>A function, method or macro.</summary>
internal sealed record Callable(string Name, Func<RenderState, Arguments, object?> Invoke);

/// <summary>Makes template values of JSON.</summary>
internal static class JsonValues
{
    public static object? Read(JsonNode? node)
    {
        switch (node)
        {
            case null: return null;
            case JsonArray array: return new PyList(array.Select(Read));
            case JsonObject obj:
                var dict = new PyDict();
                foreach (var (key, value) in obj) dict.Set(key, Read(value));
                return dict;
            default: return ReadScalar(node);
        }
    }

    private static object? ReadScalar(JsonNode node)
    {
        switch (node.GetValueKind())
        {
            case JsonValueKind.String: return node.GetValue<string>();
            case JsonValueKind.True: return true;
            case JsonValueKind.False: return false;
            case JsonValueKind.Null: return null;
            default:
                var digits = node.ToJsonString();
                if (digits.AsSpan().ContainsAny('.', 'e', 'E')) return double.Parse(digits, CultureInfo.InvariantCulture);
                return long.TryParse(digits, CultureInfo.InvariantCulture, out var whole) ? (object)whole : BigInteger.Parse(digits, CultureInfo.InvariantCulture);
        }
    }
}
