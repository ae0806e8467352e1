using System.Text.RegularExpressions;

namespace Attune.Augmentation;

/// <summary>
/// Values that an answer copies out of the prompt (<c>item: snow boots</c>, <c>"city": "Linz"</c>) give way to those that other rows have under the same
/// key, in prompt and answer alike: where few rows teach to copy, they teach it of more things.
/// </summary>
/// <remarks>
/// A value comes only from a row whose answer is the same but for what it copies. Whatever else stands in the answer then stood beside that value
/// already, and does not follow from it.
/// </remarks>
internal sealed class ValueSubstitution : IRule
{
    public RuleTexts? Apply(RuleTexts row, double alpha, Draw draw, CopiedValues values)
    {
        var (copied, skeleton) = values.Of(row);
        var all = string.Join('\n', [.. row.Asked, .. row.Answered, row.Elsewhere]);
        var made = row;
        foreach (var (key, old) in copied)
        {
            var others = values.Like(skeleton, key).Where(v => !all.Contains(v, StringComparison.OrdinalIgnoreCase)).ToArray();
            // Where it stands in other capitals too, or in the system message, it would stay there, and say something else than the rest.
            if (others.Length == 0 || CopiedValues.Replace(all, old, "").Contains(old, StringComparison.OrdinalIgnoreCase) || row.Elsewhere.Contains(old, StringComparison.OrdinalIgnoreCase))
                continue;
            var other = draw.One(others);
            made = made with { Asked = [.. made.Asked.Select(t => CopiedValues.Replace(t, old, other))], Answered = [.. made.Answered.Select(t => CopiedValues.Replace(t, old, other))] };
        }
        return ReferenceEquals(made, row) ? null : made;
    }
}

/// <summary>What the answers of a data set copy out of their prompts, by key, and beside which other words.</summary>
internal sealed partial class CopiedValues
{
    // A label may stand in a prompt by chance; what is copied stands there nearly always.
    private const double Mostly = 0.8;

    private readonly Dictionary<(string Skeleton, string Key), SortedSet<string>> values = [];
    private readonly HashSet<string> keys;

    /// <summary>Looks through rows.</summary>
    public CopiedValues(IReadOnlyCollection<RuleTexts> rows)
    {
        keys = [.. rows.SelectMany(Pairs).GroupBy(static p => p.Key, StringComparer.Ordinal).Where(static g => g.Count(static p => p.IsCopied) >= Mostly * g.Count()).Select(static g => g.Key)];
        foreach (var row in rows)
        {
            var (copied, skeleton) = Of(row);
            foreach (var (key, value) in copied)
                (values.TryGetValue((skeleton, key), out var known) ? known : values[(skeleton, key)] = new SortedSet<string>(StringComparer.Ordinal)).Add(value);
        }
    }

    /// <summary>What rows copy under that key whose answers are the same but for what they copy; in the order of their letters.</summary>
    public IEnumerable<string> Like(string skeleton, string key) => values.GetValueOrDefault((skeleton, key)) ?? [];

    /// <summary>The values of letters that answers copy, each once, the longest first, and what is left of the answers: keys in their places, # for numbers of the prompt.</summary>
    public (IReadOnlyList<(string Key, string Value)> Copied, string Skeleton) Of(RuleTexts row)
    {
        var (asked, skeleton) = (string.Join('\n', row.Asked), string.Join('\n', row.Answered));
        (string Key, string Value)[] copied = [.. Pairs(row).Where(p => p.IsCopied && keys.Contains(p.Key)).Select(static p => (p.Key, p.Value)).DistinctBy(static p => p.Value).OrderByDescending(static p => p.Value.Length)];
        foreach (var (key, value) in copied)
            skeleton = Replace(skeleton, value, $"<{key}>");
        var numbers = Tokens.Of(asked).Select(static t => t.Text).Where(static t => t.Any(char.IsDigit)).Distinct(StringComparer.Ordinal).ToDictionary(static t => t, static _ => "#", StringComparer.Ordinal);
        return (copied, Tokens.Replace(skeleton, numbers));
    }

    private static IEnumerable<(string Key, string Value, bool IsCopied)> Pairs(RuleTexts row)
    {
        var asked = string.Join('\n', row.Asked);
        return Pair().Matches(string.Join('\n', row.Answered)).Select(static m => (Key: m.Groups[1].Value.Trim(), Value: m.Groups[2].Value.Trim())).Select(p => (p.Key, p.Value, p.Value.Length > 2 && Replace(asked, p.Value, "") != asked));
    }

    /// <summary>The text with a phrase replaced wherever it stands as whole words.</summary>
    public static string Replace(string text, string phrase, string other) => Regex.Replace(text, $@"(?<![\p{{L}}\p{{N}}]){Regex.Escape(phrase)}(?![\p{{L}}\p{{N}}])", other.Replace("$", "$$", StringComparison.Ordinal));

    [GeneratedRegex(@"""?(\p{L}[\p{L}_ -]{0,30})""?\s*:\s*""?(\p{L}[\p{L} '’-]{0,58}\p{L})(?=[""]?\s*(?:[;,}\r\n]|$))")]
    private static partial Regex Pair();
}
