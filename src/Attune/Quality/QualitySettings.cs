using System.Globalization;
using Attune.Problems;

namespace Attune.Quality;

/// <summary>The numbers that checks go by, each by its name after <c>--set</c>.</summary>
public sealed record QualitySettings
{
    /// <summary>Examples of every finding that are kept and shown.</summary>
    public int Examples { get; init; } = 5;

    /// <summary>Jaccard similarity of word shingles from which on two rows are near duplicates, above 0 and at most 1.</summary>
    public double Near { get; init; } = 0.8;

    /// <summary>Words of a shingle.</summary>
    public int Shingle { get; init; } = 3;

    /// <summary>Words in a row that an evaluation row and another must share to count as contamination; GPT-3's 13.</summary>
    public int Gram { get; init; } = 13;

    /// <summary>A setting: to add one, a property and a line here.</summary>
    /// <param name="Name">Its name after <c>--set</c>.</param>
    /// <param name="Least">The smallest value.</param>
    /// <param name="Most">The largest value.</param>
    /// <param name="Help">What it decides.</param>
    /// <param name="With">The settings with another value of it.</param>
    internal sealed record Key(string Name, double Least, double Most, string Help, Func<QualitySettings, double, QualitySettings> With)
    {
        /// <summary>Whether fractions are allowed.</summary>
        public bool IsWhole { get; init; } = true;
    }

    /// <summary>All settings.</summary>
    internal static IReadOnlyList<Key> Keys { get; } =
    [
        new("examples", 0, 1000, "rows that are shown of every finding", static (s, v) => s with { Examples = (int)v }),
        new("near", 0.3, 0.99, "share of word shingles from which on two rows are nearly the same", static (s, v) => s with { Near = v }) { IsWhole = false },
        new("shingle", 1, 20, "words of a shingle", static (s, v) => s with { Shingle = (int)v }),
        new("gram", 4, 50, "words in a row that a row shares with an evaluation row where it is contaminated", static (s, v) => s with { Gram = (int)v }),
    ];

    /// <summary>The names of all settings.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Keys.Select(static k => k.Name)];

    /// <summary>Reads <c>name=value</c> words.</summary>
    /// <exception cref="UserErrorException">A name is unknown, or a value out of its bounds; all are said at once.</exception>
    public static QualitySettings Read(IReadOnlyList<string> words)
    {
        var (settings, problems) = (new QualitySettings(), new List<Problem>());
        foreach (var word in words)
        {
            var at = word.IndexOf('=', StringComparison.Ordinal);
            var name = at < 0 ? word : word[..at];
            if (Keys.FirstOrDefault(k => k.Name == name) is not { } key)
            {
                var near = Nearest.To(name, Keys.Select(static k => k.Name));
                problems.Add(new Problem($"--set {word}", $"there is no setting `{name}`; known are {string.Join(", ", Keys.Select(static k => k.Name))}", near is null ? "" : $"did you mean {near}?"));
            }
            else if (at >= 0 && double.TryParse(word.AsSpan(at + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                && value >= key.Least && value <= key.Most && (!key.IsWhole || value == Math.Floor(value)))
                settings = key.With(settings, value);
            else
                problems.Add(new Problem($"--set {word}", string.Create(CultureInfo.InvariantCulture, $"expected {name}= and a {(key.IsWhole ? "whole number" : "number")} from {key.Least} to {key.Most}: {key.Help}")));
        }
        return problems.Count == 0 ? settings : throw new UserErrorException(problems);
    }
}
