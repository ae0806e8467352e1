using System.Globalization;
using Attune.Problems;

namespace Attune.Recipes;

/// <summary>
/// Reads <c>search.space</c>. Each value that it names is read by the key's own kind and kept as that writes it, so that what a search will set is
/// known to be right before the first trial. What is wrong with an entry is kept in it: <see cref="SpaceRules"/> says all of it at once.
/// </summary>
internal static class SpaceKind
{
    private const string None = "none";
    private const string Example = "such as {train.learning_rate: {from: 1e-5, to: 1e-2, scale: log}}";
    private static readonly string[] Words = ["from", "to", "scale", "step", "choices", "when"];

    public static ValueKind<IReadOnlyList<SpaceEntry>> Kind { get; } = new(
        "keys with ranges or choices, " + Example + ", or none", Parse, Write)
    { IsList = true, TakesMappings = true, TakesLists = true, Schema = JsonSchemas.Space };

    /// <summary>Where a study is kept.</summary>
    public static ValueKind<string> Store { get; } = new(
        "a file, or a PostgreSQL connection string",
        static raw => raw.Scalar is { Length: > 0 } text && !text.Contains('\0', StringComparison.Ordinal) ? text : Parsed<string>.Wrong($"expected a file, or a PostgreSQL connection string, found {raw.Shown}"),
        YamlText.Scalar);

    /// <summary>A value in the spelling of its key, or what is wrong with it.</summary>
    public static Parsed<string> ValueOf(RecipeKey key, string text, IReadOnlyList<string> folders)
    {
        var raw = text is ['[', .. _] && FlowText.ReadList(text) is { } items ? new RawValue(null, items, folders) : new RawValue(text, null, folders);
        var applied = key.Apply(new Recipe(), raw);
        return applied.Problem is { } problem ? Parsed<string>.Wrong(problem) : Plain(key.Write(applied.Value));
    }

    /// <summary>What a recipe has of a key, in the spelling of a space's values.</summary>
    public static string Own(string name, Recipe recipe) => Plain(RecipeKeys.Find(name)!.Write(recipe));

    // As a scalar, without the quotes that YAML needs.
    private static string Plain(string written) => written is ['"', ..] && FlowText.ReadList($"[{written}]") is [var text] ? text : written;

    private static Parsed<IReadOnlyList<SpaceEntry>> Parse(RawValue raw)
    {
        if (raw.Is(None))
            return new([]);
        if ((raw.Scalar ?? (raw.List is [var one] ? one : null)) is not { } text || FlowText.Read(text, withLists: true) is not { Count: > 0 } pairs)
            return Parsed<IReadOnlyList<SpaceEntry>>.Wrong($"expected keys with ranges or choices, {Example}, or none, found {raw.Shown}");
        return new([.. pairs.Select(p => Entry(p.Name, p.Value, raw.Folders))]);
    }

    private static SpaceEntry Entry(string name, string text, IReadOnlyList<string> folders)
    {
        var problems = new List<string>();
        var entry = new SpaceEntry(name) { Problems = problems };
        if (RecipeKeys.Find(name) is not { } key)
        {
            var unknown = RecipeReader.Unknown(name, "");
            problems.Add(unknown.Remedy.Length == 0 ? unknown.Message : $"{unknown.Message} ({unknown.Remedy})");
            return entry;
        }
        if (FlowText.Read(text, withLists: true) is not { } pairs)
        {
            problems.Add($"expected a range {{from: …, to: …}} or {{choices: […]}}, found '{text}'");
            return entry;
        }
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (word, value) in pairs)
        {
            if (!Words.Contains(word))
                problems.Add($"{word} is none of {string.Join(", ", Words)}" + (Nearest.To(word, Words) is { } near ? $" (did you mean {near}?)" : ""));
            else if (!given.TryAdd(word, value))
                problems.Add($"{word} is given twice");
        }
        entry = given.ContainsKey("choices") ? WithChoices(entry, key, given, problems, folders) : WithRange(entry, key, given, problems, folders);
        return entry with { When = given.TryGetValue("when", out var when) ? Condition(when, problems, folders) : null };
    }

    private static SpaceEntry WithChoices(SpaceEntry entry, RecipeKey key, Dictionary<string, string> given, List<string> problems, IReadOnlyList<string> folders)
    {
        foreach (var other in Words[..4].Where(given.ContainsKey))
            problems.Add($"has choices, and {other} belongs to a range");
        var choices = new List<string>();
        foreach (var text in FlowText.ReadList(given["choices"]) ?? [])
        {
            var value = ValueOf(key, text, folders);
            if (value.Problem is { } problem)
                problems.Add(problem);
            else if (choices.Contains(value.Value))
                problems.Add($"the choice {text} is given twice");
            else
                choices.Add(value.Value);
        }
        if (choices.Count < 2 && problems.Count == 0)
            problems.Add($"expected a list of two or more choices, found '{given["choices"]}'");
        return entry with { Choices = choices };
    }

    private static SpaceEntry WithRange(SpaceEntry entry, RecipeKey key, Dictionary<string, string> given, List<string> problems, IReadOnlyList<string> folders)
    {
        var (numbers, whole) = JsonSchemas.NumbersOf(key.Schema);
        if (!numbers)
        {
            problems.Add($"takes {key.Form}, and a range is of numbers: give choices: […]");
            return entry;
        }
        double? Number(string word, bool isValue)
        {
            if (!given.TryGetValue(word, out var text))
                return null;
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
                problems.Add($"{word}: expected a number, found '{text}'");
            else if (isValue && ValueOf(key, text, folders).Problem is { } problem)
                problems.Add($"{word}: {problem}");
            else
                return number;
            return null;
        }

        foreach (var end in Words[..2].Where(w => !given.ContainsKey(w)))
            problems.Add($"{end} is missing: expected a range {{from: …, to: …}} or {{choices: […]}}");
        var (from, to, step) = (Number("from", true), Number("to", true), Number("step", false));
        var log = given.GetValueOrDefault("scale", "linear") switch { "log" => true, "linear" => false, var other => Wrong(problems, $"scale: expected linear or log, found '{other}'") };
        if (from >= to)
            problems.Add($"the range goes from {given["from"]} to {given["to"]}: expected a larger number at its end");
        if (log && from <= 0)
            problems.Add($"the logarithm of {given["from"]} does not exist: expected a number above 0, or scale: linear");
        if (step <= 0 || step > to - from)
            problems.Add($"step: expected a number above 0 and at most the width of the range, found '{given["step"]}'");
        if (log && step is not null)
            problems.Add("has a step, and steps of equal width are not those of a logarithm: leave out step or scale, or give choices: […]");
        if (whole && step is { } wide && wide != Math.Floor(wide))
            problems.Add($"step: takes whole numbers, found '{given["step"]}'");
        return entry with { From = from, To = to, Step = step, IsLog = log, IsWhole = whole };
    }

    private static (string, IReadOnlyList<string>)? Condition(string text, List<string> problems, IReadOnlyList<string> folders)
    {
        if (FlowText.Read(text, withLists: true) is not [var (name, value)])
        {
            problems.Add($"when: expected one other key with its value or values, such as when: {{method.kind: lora}}, found '{text}'");
            return null;
        }
        if (RecipeKeys.Find(name) is not { } key)
        {
            problems.Add("when: " + RecipeReader.Unknown(name, "").Message);
            return null;
        }
        var values = new List<string>();
        foreach (var item in value is ['[', ..] && FlowText.ReadList(value) is { } items ? items : [value])
        {
            var parsed = ValueOf(key, item, folders);
            if (parsed.Problem is { } problem)
                problems.Add($"when: {name}: {problem}");
            else
                values.Add(parsed.Value);
        }
        return (name, values);
    }

    private static bool Wrong(List<string> problems, string problem)
    {
        problems.Add(problem);
        return false;
    }

    private static string Write(IReadOnlyList<SpaceEntry> space) => space.Count == 0 ? None : $"{{{string.Join(", ", space.Select(static e => $"{e.Key}: {WriteOne(e)}"))}}}";

    /// <summary>An entry as a recipe has it: <c>{from: 0.001, to: 0.1, scale: log}</c>.</summary>
    public static string WriteOne(SpaceEntry entry)
    {
        static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
        var parts = new List<string>();
        if (entry.Choices.Count > 0)
            parts.Add($"choices: [{string.Join(", ", entry.Choices.Select(Item))}]");
        if (entry.From is { } from && entry.To is { } to)
            parts.AddRange([$"from: {Number(from)}", $"to: {Number(to)}"]);
        if (entry.IsLog)
            parts.Add("scale: log");
        if (entry.Step is { } step)
            parts.Add($"step: {Number(step)}");
        if (entry.When is var (key, values))
            parts.Add($"when: {{{key}: [{string.Join(", ", values.Select(Item))}]}}");
        return $"{{{string.Join(", ", parts)}}}";
    }

    // Numbers as numbers, for the reader's sake.
    private static string Item(string value) =>
        double.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out _) ? value : YamlText.Scalar(value);
}
