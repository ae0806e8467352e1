namespace Attune.Text.Jinja;

/// <summary>Python's arithmetic and comparisons.</summary>
internal static class Operations
{
    private const int MaximumLength = 1 << 26;

    public static object? Apply(RenderState state, string sign, object? left, object? right)
    {
        if (sign == "~") return Join(state, Python.Str(left), Python.Str(right));
        if ((left as Undefined ?? right as Undefined) is { } undefined) throw undefined.Fault();
        switch (sign, left, right)
        {
            case ("+", string a, string b): return Join(state, a, b);
            case ("+", PyList a, PyList b) when a.IsTuple == b.IsTuple:
                state.Charge(a.Items.Count + b.Items.Count);
                return new PyList(a.Items.Concat(b.Items), a.IsTuple);
            case ("*", string or PyList, long or bool): return Repeat(state, left, (long)Python.Number(right));
            case ("*", long or bool, string or PyList): return Repeat(state, right, (long)Python.Number(left));
        }
        if (!Python.IsNumber(left) || !Python.IsNumber(right))
            throw new TemplateFault($"{sign} does not go with {Python.TypeName(left)} and {Python.TypeName(right)}");
        if (left is double || right is double || sign == "/") return Floats(sign, Python.Number(left), Python.Number(right));
        return Integers(sign, Whole(left), Whole(right));
    }

    public static bool Holds(string sign, object? left, object? right) => sign switch
    {
        "==" => Python.AreEqual(left, right),
        "!=" => !Python.AreEqual(left, right),
        "<" => Python.Compare(left, right) < 0,
        "<=" => Python.Compare(left, right) <= 0,
        ">" => Python.Compare(left, right) > 0,
        ">=" => Python.Compare(left, right) >= 0,
        "in" => Python.Contains(right, left),
        _ => !Python.Contains(right, left),
    };

    public static object Negate(object? value) => value switch
    {
        double d => (object)-d,
        Undefined u => throw u.Fault(),
        _ => Integers("-", 0, Whole(value)),
    };

    private static string Join(RenderState state, string left, string right)
    {
        state.Charge((long)left.Length + right.Length);
        return left + right;
    }

    private static object Repeat(RenderState state, object? value, long count)
    {
        var length = Python.Length(value);
        if (count <= 0 || length == 0) return value is string ? "" : new PyList([], ((PyList)value!).IsTuple);
        if (count > MaximumLength / length) throw new TemplateFault("a repetition grows beyond any chat template's need");
        state.Charge(count * length);
        return value is string s
            ? string.Concat(Enumerable.Repeat(s, (int)count))
            : new PyList(Enumerable.Repeat(((PyList)value!).Items, (int)count).SelectMany(i => i), ((PyList)value!).IsTuple);
    }

    private static long Whole(object? value) => value switch
    {
        long l => l,
        bool b => b ? 1 : 0,
        _ => throw new TemplateFault($"arithmetic with a {Python.TypeName(value)} of this size is not supported"),
    };

    private static long Integers(string sign, long a, long b)
    {
        if (b == 0 && (sign is "//" or "%")) throw new TemplateFault("division by zero");
        try
        {
            return checked(sign switch
            {
                "+" => a + b,
                "-" => a - b,
                "*" => a * b,
                "//" => a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0),
                "%" => b == -1 ? 0 : (a % b + b) % b,
                "**" when b >= 0 => Power(a, b),
                _ => throw new TemplateFault($"{sign} with {a} and {b} is not supported"),
            });
        }
        catch (OverflowException)
        {
            throw new TemplateFault("a number grows beyond 64 bits");
        }
    }

    private static long Power(long a, long b)
    {
        var result = 1L;
        if (a is 0 or 1 || b == 0) return b == 0 ? 1 : a;
        if (a == -1) return b % 2 == 0 ? 1 : -1;
        for (; b > 0; b--) result = checked(result * a);                       // overflows after 63 rounds at the latest
        return result;
    }

    private static double Floats(string sign, double a, double b)
    {
        if (b == 0 && (sign is "/" or "//" or "%")) throw new TemplateFault("division by zero");
        return sign switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            "//" => Math.Floor(a / b),
            "%" => a - b * Math.Floor(a / b),
            _ => Math.Pow(a, b),
        };
    }
}
