using System.Globalization;
using System.Text.RegularExpressions;
using Attune.Problems;

namespace Attune.Adapters;

/// <summary>
/// Which layers an adapter goes to, in PEFT's three spellings: <c>all-linear</c>, one regular expression that matches the whole
/// path, or a list of path endings; of all blocks, or of some by their index (PEFT's <c>layers_to_transform</c>).
/// </summary>
public sealed class LayerTargets
{
    /// <summary>The word for every linear layer of the blocks.</summary>
    public const string AllLinearWord = "all-linear";

    private readonly Regex? pattern;
    private readonly Regex[] places;

    private LayerTargets(IReadOnlyList<string> suffixes, string? expression, IReadOnlyList<int>? layers = null, IReadOnlyList<string>? containers = null)
    {
        Suffixes = suffixes;
        Expression = expression;
        Layers = layers;
        Containers = containers ?? [];
        // Where PEFT looks for the index of a block: behind a container of one of these names, or of any name.
        places = layers is null ? [] : [.. (Containers.Count == 0 ? ["[^.]*"] : Containers.Select(Regex.Escape)).Select(static name =>
            new Regex($@"\A.*\.{name}\.([0-9]+)\.", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)))];
        if (expression is not null and not AllLinearWord)
            pattern = new Regex($@"\A(?:{expression})\z", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
    }

    /// <summary>Every linear layer of the blocks.</summary>
    public static LayerTargets AllLinear { get; } = new([], AllLinearWord);

    /// <summary>Path endings; empty where an expression is used.</summary>
    public IReadOnlyList<string> Suffixes { get; }

    /// <summary>The expression, or <c>all-linear</c>; null where endings are used.</summary>
    public string? Expression { get; }

    /// <summary>Indices of the blocks that are meant; null for all.</summary>
    public IReadOnlyList<int>? Layers { get; }

    /// <summary>Names of the lists of blocks that <see cref="Layers"/> counts in, PEFT's <c>layers_pattern</c>; empty for any.</summary>
    public IReadOnlyList<string> Containers { get; }

    /// <summary>The same layers, of some blocks only.</summary>
    /// <param name="layers">Indices of the blocks, from 0.</param>
    /// <param name="containers">See <see cref="Containers"/>.</param>
    public LayerTargets InBlocks(IEnumerable<int> layers, IReadOnlyList<string>? containers = null) => new(Suffixes, Expression, [.. layers.Distinct().Order()], containers);

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
    public bool Matches(string path) => MatchesName(path) && (Layers is null || BlockOf(path) is { } index && Layers.Contains(index));

    private bool MatchesName(string path) => Expression switch
    {
        AllLinearWord => true,
        not null => IsMatch(path),
        null => Suffixes.Any(s => path == s || (path.Length > s.Length && path.EndsWith(s, StringComparison.Ordinal) && path[path.Length - s.Length - 1] == '.')),
    };

    private int? BlockOf(string path) =>
        places.Select(p => p.Match(path)).FirstOrDefault(static m => m.Success) is { } match && int.TryParse(match.Groups[1].Value, CultureInfo.InvariantCulture, out var index)
            ? index
            : null;

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
    public override string ToString() =>
        (Expression ?? string.Join(", ", Suffixes)) + (Layers is null ? "" : $" in blocks {string.Join(", ", Layers)}");
}
