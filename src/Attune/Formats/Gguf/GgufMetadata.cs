using System.Globalization;
using Attune.Problems;

namespace Attune.Formats.Gguf;

/// <summary>The metadata of a GGUF file, read through checks: a wrong value is a <see cref="UserErrorException"/> that names file and key.</summary>
public sealed class GgufMetadata
{
    private readonly Dictionary<string, object> values;

    internal GgufMetadata(string file, Dictionary<string, object> values) => (File, this.values) = (file, values);

    /// <summary>The file it came from.</summary>
    public string File { get; }

    /// <summary>All keys, in the file's order.</summary>
    public IEnumerable<string> Keys => values.Keys;

    /// <summary>Whether the key is there.</summary>
    public bool Has(string key) => values.ContainsKey(key);

    /// <summary>A string, null where absent.</summary>
    public string? String(string key) => values.GetValueOrDefault(key) switch
    {
        null => null,
        string text => text,
        var other => throw Wrong(key, "a string", Describe(other)),
    };

    /// <summary>A string that must be there.</summary>
    public string RequiredString(string key) => String(key) ?? throw Missing(key, "a string");

    /// <summary>A whole number of any width, null where absent. An array of equal numbers, one a layer, counts as that number.</summary>
    public int? Int(string key, int min = 0, int max = int.MaxValue) => values.GetValueOrDefault(key) switch
    {
        null => null,
        Array { Length: > 0 } perLayer when IsUniform(perLayer) => Whole(key, perLayer.GetValue(0)!, min, max),
        Array => throw Wrong(key, "one number for all layers", "numbers that differ by layer", "use a model whose layers are alike"),
        var one => Whole(key, one, min, max),
    };

    /// <summary>A whole number that must be there.</summary>
    public int RequiredInt(string key, int min = 0, int max = int.MaxValue) => Int(key, min, max) ?? throw Missing(key, "a whole number");

    /// <summary>A finite number, null where absent; as short in decimal as it was before it became a binary32.</summary>
    public double? Number(string key) => values.GetValueOrDefault(key) switch
    {
        null => null,
        float f when float.IsFinite(f) => double.Parse(f.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
        double d when double.IsFinite(d) => d,
        var other when other is not (string or bool or Array or float or double) => Convert.ToDouble(other, CultureInfo.InvariantCulture),
        var other => throw Wrong(key, "a finite number", Describe(other)),
    };

    /// <summary>A number that must be there.</summary>
    public double RequiredNumber(string key) => Number(key) ?? throw Missing(key, "a number");

    /// <summary>True or false, null where absent.</summary>
    public bool? Bool(string key) => values.GetValueOrDefault(key) switch
    {
        null => null,
        bool b => b,
        var other => throw Wrong(key, "true or false", Describe(other)),
    };

    /// <summary>An array of strings, null where absent.</summary>
    public IReadOnlyList<string>? Strings(string key) => ArrayOf<string>(key, "strings");

    /// <summary>An array of binary32 numbers, null where absent.</summary>
    public IReadOnlyList<float>? Floats(string key) => ArrayOf<float>(key, "binary32 numbers");

    /// <summary>An array of whole numbers of 32 bits, null where absent.</summary>
    public IReadOnlyList<int>? Ints(string key) => values.GetValueOrDefault(key) is uint[] unsigned
        ? [.. unsigned.Select(static u => unchecked((int)u))]
        : ArrayOf<int>(key, "whole numbers");

    /// <summary>The error for a key whose value is not what it must be.</summary>
    public UserErrorException Wrong(string key, string expected, string found, string remedy = "the file is damaged, or made by something that Attune does not know") =>
        new($"{File}, {key}", $"expected {expected}, found {found}", remedy);

    private UserErrorException Missing(string key, string expected) =>
        new($"{File}, {key}", $"expected {expected}, but the key is missing", "the file is not a whole model: get it again");

    private T[]? ArrayOf<T>(string key, string of) => values.GetValueOrDefault(key) switch
    {
        null => null,
        T[] array => array,
        var other => throw Wrong(key, $"an array of {of}", Describe(other)),
    };

    private int Whole(string key, object value, int min, int max)
    {
        if (value is string or bool or Array or float or double)
            throw Wrong(key, "a whole number", Describe(value));
        var number = Convert.ToDecimal(value, CultureInfo.InvariantCulture);
        return number >= min && number <= max
            ? (int)number
            : throw Wrong(key, $"a whole number from {min} to {max}", number.ToString(CultureInfo.InvariantCulture));
    }

    private static bool IsUniform(Array values) => values.Cast<object>().All(v => v.Equals(values.GetValue(0)));

    private static string Describe(object value) => value switch
    {
        string text => text.Length <= 60 ? $"\"{text}\"" : $"\"{text.AsSpan(0, 60)}…\"",
        Array array => $"an array of {array.Length}",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
