using Attune.Evaluation.Suites;
using Attune.Problems;

namespace Attune.Recipes;

/// <summary>Suites: names of those that come with Attune, and files.</summary>
public static class SuiteNames
{
    private const string None = "none";

    internal static ValueKind<IReadOnlyList<string>> Kind { get; } = new(
        $"none, {string.Join(", ", Suite.BuiltIn)}, an existing suite file, or a list of these",
        static raw =>
        {
            var names = new List<string>();
            foreach (var item in raw.Is(None) ? [] : raw.List ?? [raw.Scalar!])
            {
                var file = Suite.BuiltIn.Contains(item) ? new Parsed<string>(item) : PathKinds.File.Parse(new RawValue(item, null, raw.Folders));
                if (file.Problem is { } problem)
                    return Parsed<IReadOnlyList<string>>.Wrong($"{problem}, and no suite of this name comes with Attune (there is {string.Join(", ", Suite.BuiltIn)})");
                names.Add(file.Value);
            }
            return names.GroupBy(static n => n, StringComparer.Ordinal).FirstOrDefault(static g => g.Count() > 1) is { } twice
                ? Parsed<IReadOnlyList<string>>.Wrong($"{twice.Key} is given twice")
                : new(names);
        },
        static names => names.Count == 0 ? None : YamlText.ScalarOrList(names))
    { IsList = true };

    /// <summary>The suites of a command line.</summary>
    /// <param name="option">The option, for the message.</param>
    /// <param name="names">Names and files.</param>
    /// <exception cref="UserErrorException">One is wrong.</exception>
    public static IReadOnlyList<string> Read(string option, IReadOnlyList<string> names)
    {
        var parsed = Kind.Parse(new RawValue(null, names, [Directory.GetCurrentDirectory()]));
        return parsed.Problem is { } problem ? throw new UserErrorException(option, problem) : parsed.Value;
    }
}
