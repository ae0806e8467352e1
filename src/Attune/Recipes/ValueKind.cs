using System.Globalization;
using System.Text.RegularExpressions;
using Attune.Problems;

namespace Attune.Recipes;

/// <summary>A value as it stands in a recipe or after a flag, before anything is known about its type.</summary>
/// <param name="Scalar">The text; null where it is a list.</param>
/// <param name="List">The items; null where it is a scalar.</param>
/// <param name="Folders">Where a relative path is looked for, in this order.</param>
internal sealed record RawValue(string? Scalar, IReadOnlyList<string>? List, IReadOnlyList<string> Folders)
{
    public string Shown => Scalar is null ? $"a list of {List!.Count}" : Scalar.Length == 0 ? "nothing" : $"'{Scalar}'";

    public bool Is(string word) => string.Equals(Scalar, word, StringComparison.Ordinal);
}

/// <summary>A value, or what is wrong with the text that should have been one.</summary>
internal readonly record struct Parsed<T>(T Value, string? Problem = null)
{
    public static implicit operator Parsed<T>(T value) => new(value);

    public static Parsed<T> Wrong(string problem) => new(default!, problem);
}

/// <summary>What a key may hold: what is allowed (a phrase that follows "expected"), how it is read, and how it is written.</summary>
internal sealed record ValueKind<T>(string Form, Func<RawValue, Parsed<T>> Parse, Func<T, string> Write)
{
    /// <summary>Whether several values may be given.</summary>
    public bool IsList { get; init; }

    /// <summary>The same for editors, as a JSON schema; a kind that says nothing of its own takes text, or a list of texts.</summary>
    public string Schema
    {
        get => field ?? (TakesMappings ? JsonSchemas.Sources : IsList ? JsonSchemas.TextOrTexts : JsonSchemas.Text);
        init;
    }

    /// <summary>Whether an item may be a mapping in the recipe; it is then parsed as text in braces (<see cref="FlowText"/>).</summary>
    public bool TakesMappings { get; init; }

    /// <summary>Whether a list may be a value within such a mapping.</summary>
    public bool TakesLists { get; init; }
}

/// <summary>The kinds of value that recipes know.</summary>
internal static partial class ValueKinds
{
    private const string AutoWord = "auto";

    private const string NoneWord = "none";

    public static ValueKind<int> Whole(int least, int most) => Make<int>(
        most == int.MaxValue ? $"a whole number from {least}" : $"a whole number from {least} to {most}",
        s => int.TryParse(s, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var v) && v >= least && v <= most ? v : null,
        v => v.ToString(CultureInfo.InvariantCulture))
    with
    { Schema = JsonSchemas.Whole(least, most) };

    public static ValueKind<long> Seed { get; } = Make<long>(
        "a whole number from 0",
        s => long.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var v) ? v : null,
        v => v.ToString(CultureInfo.InvariantCulture))
    with
    { Schema = JsonSchemas.Whole(0, int.MaxValue) };

    /// <summary>A finite number with <paramref name="least"/> ≤ v ≤ <paramref name="most"/>, or strictly between them.</summary>
    public static ValueKind<double> Number(double least, double most, bool open = false) => Make<double>(
        open ? $"a number above {Text(least)} and below {Text(most)}" : $"a number from {Text(least)} to {Text(most)}",
        s => TryNumber(s, out var v) && (open ? v > least && v < most : v >= least && v <= most) ? v : null,
        Text)
    with
    { Schema = JsonSchemas.Number(least, most, open) };

    public static ValueKind<bool> Truth { get; } = Make<bool>(
        "true or false", s => s switch { "true" => true, "false" => false, _ => null }, v => v ? "true" : "false") with
    { Schema = JsonSchemas.Truth };

    public static ValueKind<Warmup> WarmupSteps { get; } = Make<Warmup>(
        "a fraction of the steps from 0 to below 1, or a whole number of steps",
        s => TryNumber(s, out var v) && v >= 0 && (v < 1 || (v == Math.Floor(v) && v <= int.MaxValue)) ? new Warmup(v) : null,
        v => Text(v.Value))
    with
    { Schema = JsonSchemas.Number(0, int.MaxValue, open: false) };

    public static ValueKind<long> Bytes { get; } = Make<long>(
        "a size with its unit, such as 512MB, 4GB or 4GiB", ParseBytes, WriteBytes);

    public static ValueKind<TimeSpan> Duration { get; } = Make<TimeSpan>(
        "a time with its unit, such as 90s, 30m or 1h30m", ParseDuration, WriteDuration);

    /// <summary>One of the words given; a near miss is answered with the nearest.</summary>
    public static ValueKind<string> Word(params string[] words)
    {
        var form = words.Length == 1 ? words[0] : string.Join(", ", words[..^1]) + " or " + words[^1];
        return new(form, raw =>
        {
            if (raw.Scalar is { } text && words.Contains(text))
                return text;
            var near = raw.Scalar is null ? null : Nearest.To(raw.Scalar, words);
            return Parsed<string>.Wrong($"expected {form}, found {raw.Shown}" + (near is null ? "" : $" (did you mean {near}?)"));
        }, word => word)
        { Schema = JsonSchemas.OneOf(words) };
    }

    /// <summary>A word that stands for a value.</summary>
    public static ValueKind<T> OneOf<T>(params (string Word, T Value)[] choices)
        where T : notnull
    {
        var word = Word([.. choices.Select(c => c.Word)]);
        return new(word.Form, raw =>
        {
            var parsed = word.Parse(raw);
            return parsed.Problem is { } problem ? Parsed<T>.Wrong(problem) : choices.First(c => c.Word == parsed.Value).Value;
        }, v => choices.First(c => EqualityComparer<T>.Default.Equals(c.Value, v)).Word)
        { Schema = word.Schema };
    }

    /// <summary>Layer names, endings or patterns with <c>*</c> and <c>?</c>: one, or a list.</summary>
    public static ValueKind<IReadOnlyList<string>> Patterns { get; } = new(
        "all-linear, a layer name or pattern, or a list of these",
        raw =>
        {
            var items = raw.List ?? [raw.Scalar!];
            return items.Count == 0 || items.Any(i => !PatternText().IsMatch(i))
                ? Parsed<IReadOnlyList<string>>.Wrong($"expected all-linear, a layer name or pattern, or a list of these, found {raw.Shown}")
                : new(items);
        }, YamlText.ScalarOrList)
    { IsList = true };

    /// <summary>Names of forms of export; which there are is known where they are written.</summary>
    public static ValueKind<IReadOnlyList<string>> Forms { get; } = new(
        "none, a form such as merged or gguf:q8_0, or a list of these",
        raw =>
        {
            var items = raw.Is(NoneWord) ? [] : raw.List ?? [raw.Scalar!];
            return items.Any(static i => i.Length == 0 || i.Any(static c => !char.IsAsciiLetterOrDigit(c) && !":_-".Contains(c, StringComparison.Ordinal)))
                ? Parsed<IReadOnlyList<string>>.Wrong($"expected none, a form such as merged or gguf:q8_0, or a list of these, found {raw.Shown}")
                : new(items);
        }, static items => items.Count == 0 ? NoneWord : YamlText.ScalarOrList(items))
    { IsList = true };

    /// <summary>The same kind with <c>auto</c> (null) beside it.</summary>
    public static ValueKind<T?> Auto<T>(ValueKind<T> kind)
        where T : struct => new(
            kind.Form + ", or auto",
            raw =>
            {
                if (raw.Is(AutoWord))
                    return new((T?)null);
                var parsed = kind.Parse(raw);
                return parsed.Problem is null ? new(parsed.Value) : Parsed<T?>.Wrong(WithAuto(parsed.Problem));
            },
            v => v is { } value ? kind.Write(value) : AutoWord)
        { Schema = JsonSchemas.Either(kind.Schema, JsonSchemas.OneOf(AutoWord)) };

    /// <summary>The same kind with <c>none</c> (null) beside it.</summary>
    public static ValueKind<T?> OrNone<T>(ValueKind<T> kind)
        where T : struct => new(
            kind.Form + ", or none",
            raw =>
            {
                if (raw.Is(NoneWord))
                    return new((T?)null);
                var parsed = kind.Parse(raw);
                return parsed.Problem is null ? new(parsed.Value) : Parsed<T?>.Wrong(parsed.Problem.Replace(", found ", ", or none, found ", StringComparison.Ordinal));
            },
            v => v is { } value ? kind.Write(value) : NoneWord)
        { Schema = JsonSchemas.Either(kind.Schema, JsonSchemas.OneOf(NoneWord)) };

    /// <summary>The same kind of text with <c>auto</c> (null) beside it.</summary>
    public static ValueKind<string?> AutoText(ValueKind<string> kind) => new(
        kind.Form + ", or auto",
        raw =>
        {
            if (raw.Is(AutoWord))
                return new((string?)null);
            var parsed = kind.Parse(raw);
            return parsed.Problem is null ? new(parsed.Value) : Parsed<string?>.Wrong(WithAuto(parsed.Problem));
        },
        v => v is null ? AutoWord : kind.Write(v))
    { Schema = kind.Schema == JsonSchemas.Text ? kind.Schema : JsonSchemas.Either(kind.Schema, JsonSchemas.OneOf(AutoWord)) };

    /// <summary>The same kind of text with <c>none</c> (null) beside it.</summary>
    public static ValueKind<string?> OrNone(ValueKind<string> kind) => new(
        $"{kind.Form}, or {NoneWord}",
        raw => raw.Is(NoneWord) ? new((string?)null) : kind.Parse(raw) is { Problem: null } parsed ? new(parsed.Value) : Parsed<string?>.Wrong(kind.Parse(raw).Problem!),
        v => v is null ? NoneWord : kind.Write(v));

    /// <summary>The same kind of list with <c>auto</c> (empty) beside it.</summary>
    public static ValueKind<IReadOnlyList<T>> AutoList<T>(ValueKind<IReadOnlyList<T>> kind) => new(
        kind.Form + ", or auto",
        raw => raw.Is(AutoWord) ? new([]) : kind.Parse(raw),
        v => v.Count == 0 ? AutoWord : kind.Write(v))
    { IsList = kind.IsList, TakesMappings = kind.TakesMappings };

    private static ValueKind<T> Make<T>(string form, Func<string, T?> parse, Func<T, string> write)
        where T : struct => new(
            form,
            raw => raw.Scalar is { } s && parse(s) is { } value ? value : Parsed<T>.Wrong($"expected {form}, found {raw.Shown}"),
            write);

    private static string WithAuto(string problem) => problem.Replace(", found ", ", or auto, found ", StringComparison.Ordinal);

    private static bool TryNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value)
        && double.IsFinite(value);

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static readonly (string Unit, long Bytes)[] Units =
    [
        ("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000), ("B", 1),
    ];

    private static long? ParseBytes(string text)
    {
        foreach (var (unit, size) in Units)
        {
            if (!text.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
                continue;
            return TryNumber(text[..^unit.Length].TrimEnd(), out var v) && v > 0 && v * size >= 1 && v * size < 1e18 ? (long)(v * size) : null;
        }

        return null;
    }

    private static string WriteBytes(long bytes)
    {
        var (unit, size) = Units.Where(u => bytes % u.Bytes == 0).MaxBy(u => u.Bytes);
        return (bytes / size).ToString(CultureInfo.InvariantCulture) + unit;
    }

    private static TimeSpan? ParseDuration(string text)
    {
        var m = DurationText().Match(text);
        if (!m.Success || text.Length == 0)
            return null;
        var seconds = 0.0;
        for (var i = 1; i <= 3; i++)
        {
            if (m.Groups[i].Success)
                seconds += double.Parse(m.Groups[i].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * (i == 1 ? 3600 : i == 2 ? 60 : 1);
        }

        return seconds is > 0 and <= 365 * 86400.0 ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static string WriteDuration(TimeSpan time)
    {
        var seconds = time.TotalSeconds;
        var (hours, rest) = ((long)(seconds / 3600), seconds % 3600);
        var (minutes, last) = ((long)(rest / 60), rest % 60);
        return (hours > 0 ? $"{hours}h" : "") + (minutes > 0 ? $"{minutes}m" : "") + (last > 0 || seconds < 1 ? Text(Math.Round(last, 3)) + "s" : "");
    }

    [GeneratedRegex(@"^(?:([0-9]{1,6}(?:\.[0-9]{1,6})?)h)?(?:([0-9]{1,6}(?:\.[0-9]{1,6})?)m)?(?:([0-9]{1,9}(?:\.[0-9]{1,6})?)s)?$", RegexOptions.CultureInvariant)]
    private static partial Regex DurationText();

    [GeneratedRegex(@"^[A-Za-z0-9_.*?\-]{1,200}$", RegexOptions.CultureInvariant)]
    private static partial Regex PatternText();
}
