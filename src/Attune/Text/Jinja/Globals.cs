using System.Globalization;
using System.Text;

namespace Attune.Text.Jinja;

/// <summary>The functions that every chat template may call.</summary>
internal static class Globals
{
    private const int MaximumRange = 100_000;

    public static readonly Callable[] All =
    [
        new("raise_exception", (_, a) => throw new TemplateRefusedException(Python.Str(a.Get(0, "message", "")))),
        new("strftime_now", (state, a) => FormatTime(state.Clock.GetLocalNow(), a.Text(0, "format"))),
        new("namespace", (_, a) => MakeNamespace(a)),
        new("range", (_, a) => Range(a)),
        new("dict", (_, a) => MakeDict(a)),
    ];

    private static Namespace MakeNamespace(Arguments arguments)
    {
        var space = new Namespace();
        foreach (var argument in arguments.Positional)
        {
            foreach (var (key, value) in (argument as PyDict ?? throw new TemplateFault("namespace takes a mapping or named arguments")).Items) space.Values[Python.Str(key)] = value;
        }
        foreach (var (name, value) in arguments.Named) space.Values[name] = value;
        return space;
    }

    private static PyDict MakeDict(Arguments arguments)
    {
        var dict = new PyDict();
        foreach (var argument in arguments.Positional)
        {
            foreach (var (key, value) in (argument as PyDict ?? throw new TemplateFault("dict takes a mapping or named arguments")).Items) dict.Set(key, value);
        }
        foreach (var (name, value) in arguments.Named) dict.Set(name, value);
        return dict;
    }

    private static PyList Range(Arguments arguments)
    {
        var single = arguments.Positional.Count == 1;
        var start = single ? 0 : arguments.Whole(0, "start", 0);
        var stop = arguments.Whole(single ? 0 : 1, "stop", 0);
        var step = arguments.Whole(2, "step", 1);
        if (step == 0) throw new TemplateFault("range's step must not be zero");
        if (Math.Abs((decimal)stop - start) / Math.Abs((decimal)step) > MaximumRange) throw new TemplateFault($"range is limited to {MaximumRange} numbers");
        var numbers = new List<object?>();
        for (var i = (decimal)start; step > 0 ? i < stop : i > stop; i += step) numbers.Add((long)i);
        return new PyList(numbers);
    }

    private static string FormatTime(DateTimeOffset time, string format)
    {
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }
            var bare = format[i + 1] == '-' && i + 2 < format.Length;          // %-d: without the leading zero
            i += bare ? 2 : 1;
            var part = FormatPart(time, format[i]);
            text.Append(bare ? part.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : "0" : part);
        }
        return text.ToString();
    }

    private static string FormatPart(DateTimeOffset time, char code)
    {
        var pattern = code switch
        {
            'd' => "dd",
            'm' => "MM",
            'Y' => "yyyy",
            'y' => "yy",
            'b' or 'h' => "MMM",
            'B' => "MMMM",
            'a' => "ddd",
            'A' => "dddd",
            'H' => "HH",
            'I' => "hh",
            'M' => "mm",
            'S' => "ss",
            'p' => "tt",
            'f' => "ffffff",
            'F' => "yyyy-MM-dd",
            'T' => "HH:mm:ss",
            'D' => "MM/dd/yy",
            _ => null,
        };
        if (pattern is not null) return time.ToString(pattern, CultureInfo.InvariantCulture);
        return code switch
        {
            'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            'w' => ((int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'u' => ((int)time.DayOfWeek is 0 ? 7 : (int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'z' => time.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal),
            'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
            '%' => "%",
            _ => throw new TemplateFault($"the time format %{code} is not supported"),
        };
    }
}
