using Attune.Problems;

namespace Attune.Recipes;

/// <summary>A value given outside of the file: <c>--epochs 3</c>, <c>--set train.epochs=3</c>.</summary>
/// <param name="Key">The key's full name.</param>
/// <param name="Value">The text.</param>
/// <param name="Origin">What the user typed, for messages.</param>
public sealed record Setting(string Key, string Value, string Origin)
{
    /// <summary>Several values, taken as they are; null where there is one, <see cref="Value"/>.</summary>
    public IReadOnlyList<string>? List { get; init; }

    /// <summary>Splits <c>key=value</c>.</summary>
    /// <exception cref="UserErrorException">There is no <c>=</c>.</exception>
    public static Setting Parse(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at > 0
            ? new(text[..at].Trim(), text[(at + 1)..].Trim(), $"--set {text}") { List = Items(text[(at + 1)..].Trim()) }
            : throw new UserErrorException($"--set {text}", "expected key=value", "for example --set train.epochs=3");
    }

    // [a, b] is a list.
    private static IReadOnlyList<string>? Items(string value) => value is ['[', .. var inner, ']'] ? FlowText.Items(inner) : null;
}

/// <summary>
/// Turns a recipe file and settings into a <see cref="Recipe"/>. Every key is checked against <see cref="RecipeKeys"/>; nothing is ignored;
/// all problems are collected and thrown at once.
/// </summary>
public static class RecipeReader
{
    /// <summary>Reads a recipe file; settings win over it.</summary>
    /// <exception cref="UserErrorException">The file is missing, or anything in it or in the settings is wrong.</exception>
    public static Recipe ReadFile(string path, IReadOnlyList<Setting>? settings = null)
    {
        string yaml;
        try
        {
            yaml = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Directory.Exists(path)
                ? new UserErrorException(path, "expected a recipe file, found a folder", "for a model folder use --model")
                : new UserErrorException(path, "the recipe cannot be read: " + e.Message, "check the path");
        }

        return Read(yaml, path, settings);
    }

    /// <summary>A recipe made of settings alone.</summary>
    /// <exception cref="UserErrorException">Anything in the settings is wrong, or <c>model</c> or <c>data.train</c> is missing.</exception>
    public static Recipe FromSettings(IReadOnlyList<Setting> settings) => Read("", "command line", settings);

    /// <summary>Reads the text of a recipe; <paramref name="file"/> stands in messages, and its folder is where relative paths are looked for first.</summary>
    /// <exception cref="UserErrorException">Anything is wrong.</exception>
    public static Recipe Read(string yaml, string file, IReadOnlyList<Setting>? settings = null)
    {
        var problems = new List<Problem>();
        var beside = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var here = Directory.GetCurrentDirectory();
        var recipe = new Recipe();
        var given = new Dictionary<string, RecipeEntry>(StringComparer.Ordinal);

        foreach (var entry in RecipeTree.Read(yaml, file, problems))
        {
            if (given.TryGetValue(entry.Key, out var first))
                problems.Add(new(entry.Place, $"given twice, first at {first.Place}", "keep one of the two"));
            // What a setting replaces is not looked at: a path that is made by another run need not be there yet.
            else if (settings?.Any(s => s.Key == entry.Key) == true)
                given[entry.Key] = entry;
            else
                Apply(entry, [beside, here]);
        }

        foreach (var setting in settings ?? [])
        {
            if (setting.Key.StartsWith(RecipeTree.ColumnsKey + ".", StringComparison.Ordinal))
                Apply(OneColumn(setting), [here, beside]);
            else
                Apply(new(setting.Key, setting.List is null ? setting.Value : null, setting.List, setting.Origin), [here, beside]);
        }

        foreach (var key in RecipeKeys.All.Where(k => k.IsRequired && !given.ContainsKey(k.Name)))
            problems.Add(new(file, $"{key.Name} is missing", $"add it to the recipe or give {key.Flag}: {key.Form}"));
        if (problems.Count == 0)
            problems.AddRange(RecipeRules.Check(recipe, given));
        return problems.Count == 0 ? recipe : throw new UserErrorException(problems);

        // Adds to the pairs that file and earlier settings gave, in the place of one for the same field.
        RecipeEntry OneColumn(Setting setting)
        {
            var field = setting.Key[(RecipeTree.ColumnsKey.Length + 1)..];
            var before = given.GetValueOrDefault(RecipeTree.ColumnsKey);
            var others = (before?.List ?? (before?.Scalar is { } one ? [one] : [])).Where(p => !p.StartsWith(field + "=", StringComparison.Ordinal));
            return new(RecipeTree.ColumnsKey, null, [.. others, $"{field}={setting.Value}"], setting.Origin);
        }

        void Apply(RecipeEntry entry, string[] folders)
        {
            if (RecipeKeys.Find(entry.Key) is not { } key)
            {
                problems.Add(Unknown(entry.Key, entry.Place));
                return;
            }

            given[entry.Key] = entry;
            var applied = key.Apply(recipe, new(entry.Scalar, entry.List, folders));
            if (applied.Problem is { } problem)
                problems.Add(new(entry.Place, problem, $"{key.Name}: {key.Help}"));
            else
                recipe = applied.Value;
        }
    }

    /// <summary>An unknown key, with the nearest known one: by full name, or by the name within a section.</summary>
    internal static Problem Unknown(string name, string place)
    {
        if (RecipeKeys.Sections.Contains(name))
            return new(place, $"{name} is a section, expected keys below it", "such as " + RecipeKeys.All.First(k => k.Section == name).Name);
        var leaf = name[(name.LastIndexOf('.') + 1)..];
        var near = Nearest.To(name, [.. RecipeKeys.All.Select(k => k.Name), .. RecipeKeys.Sections])
            ?? RecipeKeys.All.FirstOrDefault(k => k.Leaf == Nearest.To(leaf, RecipeKeys.All.Select(k => k.Leaf)))?.Name;
        return new(place, $"unknown key {name}", near is null ? "see the keys with: attune train --help" : $"did you mean {near}?");
    }
}
