using System.Text.RegularExpressions;
using Attune.Problems;

namespace Attune.Adapters;

/// <summary>
/// Which layers an adapter goes to, in PEFT's three spellings: <c>all-linear</c>, one regular expression that matches the whole
/// path, or a list of path endings.
/// </summary>
public sealed class LayerTargets
{
    /// <summary>The word for every linear layer of the blocks.</summary>
    public const string AllLinearWord = "all-linear";

    private readonly Regex? pattern;

    private LayerTargets(IReadOnlyList<string> suffixes, string? expression)
    {
        Suffixes = suffixes;
        Expression = expression;
        if (expression is not null and not AllLinearWord)
            pattern = new Regex($@"\A(?:{expression})\z", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
    }

    /// <summary>Every linear layer of the blocks.</summary>
    public static LayerTargets AllLinear { get; } = new([], AllLinearWord);

    /// <summary>Path endings; empty where an expression is used.</summary>
    public IReadOnlyList<string> Suffixes { get; }

    /// <summary>The expression, or <c>all-linear</c>; null where endings are used.</summary>
    public string? Expression { get; }

    /// <summary>Layers whose path ends on one of these, at a dot.</summary>
    public static LayerTargets EndingOn(IEnumerable<string> suffixes) => new([.. suffixes.Order(StringComparer.Ordinal)], null);

    /// <summary>Layers whose whole path matches; or <c>all-linear</c>.</summary>
    /// <exception cref="ArgumentException">Not a regular expression.</exception>
    public static LayerTargets Matching(string expression) => expression == AllLinearWord ? AllLinear : new([], expression);

    /// <summary>What a recipe says: <c>all-linear</c>, or names, endings and patterns in which * stands for any characters.</summary>
    public static LayerTargets Of(IReadOnlyList<string> words)
    {
        if (words is [AllLinearWord])
            return AllLinear;
        if (!words.Any(static w => w.Contains('*', StringComparison.Ordinal) || w.Contains('?', StringComparison.Ordinal)))
            return EndingOn(words);
        // One expression over the whole path, each word an ending of it: what PEFT reads back.
        var patterns = words.Select(static w => Regex.Escape(w).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal));
        return Matching($@"(?:.*\.)?(?:{string.Join("|", patterns)})");
    }

    /// <summary>Whether the layer at <paramref name="path"/> is meant.</summary>
    /// <exception cref="UserErrorException">The expression takes longer than a second.</exception>
    public bool Matches(string path) => Expression switch
    {
        AllLinearWord => true,
        not null => IsMatch(path),
        null => Suffixes.Any(s => path == s || (path.Length > s.Length && path.EndsWith(s, StringComparison.Ordinal) && path[path.Length - s.Length - 1] == '.')),
    };

    // An expression that comes with an adapter may be one that never ends.
    private bool IsMatch(string path)
    {
        try
        {
            return pattern!.IsMatch(path);
        }
        catch (RegexMatchTimeoutException)
        {
            throw new UserErrorException("target_modules", $"the regular expression {Expression} takes longer than a second on \"{path}\"", "name the layers' endings instead");
        }
    }

    /// <summary>For messages.</summary>
    public override string ToString() => Expression ?? string.Join(", ", Suffixes);
}
