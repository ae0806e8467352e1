using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Attune.Text.Jinja;

/// <summary>Python's meaning of truth, text, equality, order, iteration and indexing for template values.</summary>
internal static class Python
{
    public static bool Truth(object? value) => value switch
    {
        null or Undefined => false,
        bool b => b,
        long l => l != 0,
        double d => d != 0,
        string s => s.Length > 0,
        PyList l => l.Items.Count > 0,
        PyDict d => d.Items.Count > 0,
        _ => true,
    };

    /// <summary>Ends what is nested so deeply (trees, values built in loops) that the stack would run out.</summary>
    public static void GuardStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new TemplateFault("expressions or values are nested too deeply");
    }

    public static string TypeName(object? value) => value switch
    {
        null => "NoneType",
        Undefined => "Undefined",
        bool => "bool",
        long or BigInteger => "int",
        double => "float",
        string => "str",
        PyList { IsTuple: true } => "tuple",
        PyList => "list",
        PyDict => "dict",
        Callable => "function",
        _ => value.GetType().Name,
    };

    /// <summary>str(value).</summary>
    public static string Str(object? value) => value switch
    {
        string s => s,
        Undefined => "",
        _ => Repr(value),
    };

    /// <summary>repr(value).</summary>
    public static string Repr(object? value)
    {
        GuardStack();
        switch (value)
        {
            case null: return "None";
            case bool b: return b ? "True" : "False";
            case long l: return l.ToString(CultureInfo.InvariantCulture);
            case BigInteger i: return i.ToString(CultureInfo.InvariantCulture);
            case double d: return Float(d);
            case string s: return Quote(s);
            case PyList { IsTuple: true } t: return $"({string.Join(", ", t.Items.Select(Repr))}{(t.Items.Count == 1 ? "," : "")})";
            case PyList l: return $"[{string.Join(", ", l.Items.Select(Repr))}]";
            case PyDict d: return $"{{{string.Join(", ", d.Items.Select(p => $"{Repr(p.Key)}: {Repr(p.Value)}"))}}}";
            default: throw new TemplateFault($"a {TypeName(value)} cannot be written out");
        }
    }

    /// <summary>The shortest digits that read back as the number; from 1e16 and below 1e-4 with an exponent of two digits or more.</summary>
    public static string Float(double value)
    {
        if (double.IsNaN(value)) return "nan";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        if (value == 0) return double.IsNegative(value) ? "-0.0" : "0.0";
        var parts = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture).Split('E');
        var point = parts[0].IndexOf('.', StringComparison.Ordinal) is >= 0 and var at ? at : parts[0].Length;
        var all = parts[0].Replace(".", "", StringComparison.Ordinal);
        var digits = all.TrimStart('0');
        var exponent = (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0) + point - 1 - (all.Length - digits.Length);
        digits = digits.TrimEnd('0');
        var sign = value < 0 ? "-" : "";
        if (exponent is >= 16 or < -4)
            return $"{sign}{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        if (exponent < 0) return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        digits = digits.PadRight(exponent + 2, '0');
        return $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    public static bool AreEqual(object? left, object? right)
    {
        GuardStack();
        return (left, right) switch
        {
            (null, null) or (Undefined, Undefined) => true,
            (string a, string b) => a == b,
            (PyList a, PyList b) => a.IsTuple == b.IsTuple && a.Items.Count == b.Items.Count && a.Items.Zip(b.Items).All(p => AreEqual(p.First, p.Second)),
            (PyDict a, PyDict b) => a.Items.Count == b.Items.Count && a.Items.All(p => b.Items.TryGetValue(p.Key, out var other) && AreEqual(p.Value, other)),
            (long a, long b) => a == b,
            _ => IsNumber(left) && IsNumber(right) ? Number(left).Equals(Number(right)) : left is not null && left.Equals(right),
        };
    }

    /// <summary>Negative, zero or positive; an error for things that Python does not order.</summary>
    public static int Compare(object? left, object? right)
    {
        if (left is long a && right is long b) return a.CompareTo(b);
        if (IsNumber(left) && IsNumber(right)) return Number(left).CompareTo(Number(right));
        if (left is string s && right is string t) return CompareScalars(s, t);
        if (left is PyList l && right is PyList m)
        {
            GuardStack();
            foreach (var (x, y) in l.Items.Zip(m.Items))
            {
                if (!AreEqual(x, y)) return Compare(x, y);
            }
            return l.Items.Count.CompareTo(m.Items.Count);
        }
        throw (left as Undefined ?? right as Undefined)?.Fault() ?? new TemplateFault($"{TypeName(left)} and {TypeName(right)} have no order");
    }

    public static bool IsNumber(object? value) => value is long or double or bool or BigInteger;

    /// <summary>A number as a double; anything else is an error.</summary>
    public static double Number(object? value) => value switch
    {
        long l => l,
        double d => d,
        bool b => b ? 1 : 0,
        BigInteger i => (double)i,
        Undefined u => throw u.Fault(),
        _ => throw new TemplateFault($"a number is needed, not a {TypeName(value)}"),
    };

    /// <summary>The elements of a list, keys of a dictionary or characters of a string.</summary>
    public static IReadOnlyList<object?> Iterate(object? value) => value switch
    {
        PyList l => l.Items,
        PyDict d => [.. d.Items.Keys],
        string s => [.. Scalars(s)],
        Undefined => [],
        _ => throw new TemplateFault($"a {TypeName(value)} cannot be iterated"),
    };

    /// <summary>str.isspace for one character: also the four separators of ASCII, which .NET does not count.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1C' and <= '\x1F';

    /// <summary>Removes white space, or the given characters, at the ends.</summary>
    public static string Strip(string text, object? characters = null, bool left = true, bool right = true)
    {
        Func<char, bool> goes = characters switch
        {
            null => IsSpace,
            string set => c => set.Contains(c, StringComparison.Ordinal),
            _ => throw new TemplateFault($"the characters to strip must be a string, not a {TypeName(characters)}"),
        };
        var (start, end) = (0, text.Length);
        while (left && start < end && goes(text[start])) start++;
        while (right && end > start && goes(text[end - 1])) end--;
        return text[start..end];
    }

    /// <summary>The characters of a string, each a string of one code point.</summary>
    public static List<string> Scalars(string text)
    {
        var result = new List<string>(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var length = char.IsSurrogatePair(text, i) ? 2 : 1;
            result.Add(text.Substring(i, length));
            i += length;
        }
        return result;
    }

    public static long Length(object? value) => value switch
    {
        string s => s.Length - CountPairs(s),
        PyList l => l.Items.Count,
        PyDict d => d.Items.Count,
        Undefined => 0,
        _ => throw new TemplateFault($"a {TypeName(value)} has no length"),
    };

    public static bool Contains(object? container, object? value) => container switch
    {
        string s => s.Contains(value as string ?? throw new TemplateFault($"a {TypeName(value)} cannot be sought in a string"), StringComparison.Ordinal),
        PyDict d => value is string or bool or long or double && d.Items.ContainsKey(value),
        _ => Iterate(container).Any(item => AreEqual(item, value)),
    };

    /// <summary>Python's order of strings is by code point, which differs from UTF-16's beyond the basic plane.</summary>
    private static int CompareScalars(string left, string right)
    {
        var (a, b) = (left.EnumerateRunes(), right.EnumerateRunes());
        while (true)
        {
            var (more, other) = (a.MoveNext(), b.MoveNext());
            if (!more || !other) return more.CompareTo(other);
            if (a.Current != b.Current) return a.Current.CompareTo(b.Current);
        }
    }

    private static int CountPairs(string text)
    {
        var pairs = 0;
        for (var i = 0; i + 1 < text.Length; i++)
        {
            if (char.IsSurrogatePair(text[i], text[i + 1])) pairs++;
        }
        return pairs;
    }

    private static string Quote(string text)
    {
        var quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        var quoted = new StringBuilder().Append(quote);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value == quote || rune.Value == '\\') quoted.Append('\\').Append(rune);
            else if (rune.Value == '\n') quoted.Append("\\n");
            else if (rune.Value == '\r') quoted.Append("\\r");
            else if (rune.Value == '\t') quoted.Append("\\t");
            else if (IsPrintable(rune)) quoted.Append(rune);
            else if (rune.Value <= 0xFF) quoted.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}");
            else if (rune.IsBmp) quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            else quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}");
        }
        return quoted.Append(quote).ToString();
    }

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
