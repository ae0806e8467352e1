namespace Attune.Augmentation;

/// <summary>
/// A rule that puts other numbers or names in the place of those of a row, in prompt and answer alike, so that what the answer says of them
/// stays true.
/// </summary>
/// <remarks>
/// Nothing is put in the place of what stands elsewhere in the row too (a system message, a tool's answer): that cannot be changed with it.
/// </remarks>
internal abstract class Substitution : IRule
{
    private const int Tries = 20;

    /// <inheritdoc />
    public RuleTexts? Apply(RuleTexts row, double alpha, Draw draw, CopiedValues values)
    {
        var all = string.Join('\n', [.. row.Asked, .. row.Answered, row.Elsewhere]);
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var old in Replaceable(row).Distinct(StringComparer.Ordinal))
        {
            // In other capitals, or as a part of another word, it would stay, and say something else than the rest.
            if (Tokens.Contains(row.Elsewhere, old) || Tokens.Replace(all, new Dictionary<string, string> { [old] = "" }).Contains(old, StringComparison.OrdinalIgnoreCase))
                continue;
            for (var i = 0; i < Tries && !map.ContainsKey(old); i++)
            {
                // What stands in the row already would make two things one.
                if (Another(old, draw) is { } other && !all.Contains(other, StringComparison.OrdinalIgnoreCase) && !map.ContainsValue(other))
                    map[old] = other;
            }
        }
        string[] All(IReadOnlyList<string> texts) => [.. texts.Select(t => Tokens.Replace(t, map))];
        return map.Count == 0 ? null : row with { Asked = All(row.Asked), Answered = All(row.Answered) };
    }

    /// <summary>What of the prompts may be replaced without making an answer wrong.</summary>
    protected abstract IEnumerable<string> Replaceable(RuleTexts row);

    /// <summary>Something else of the same kind.</summary>
    protected abstract string? Another(string old, Draw draw);
}

/// <summary>Runs of letters and digits.</summary>
internal static class Tokens
{
    /// <summary>The runs of a text with their places.</summary>
    public static IEnumerable<(int Start, string Text)> Of(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            var end = i;
            while (end < text.Length && char.IsLetterOrDigit(text[end]))
                end++;
            if (end > i)
                yield return (i, text[i..end]);
            i = end + 1;
        }
    }

    /// <summary>Whether one of the runs is this.</summary>
    public static bool Contains(string text, string token) => Of(text).Any(t => t.Text == token);

    /// <summary>The text with runs replaced, as whole ones alone.</summary>
    public static string Replace(string text, IReadOnlyDictionary<string, string> map)
    {
        var (written, at) = (new System.Text.StringBuilder(), 0);
        foreach (var (start, token) in Of(text))
        {
            if (!map.TryGetValue(token, out var other))
                continue;
            written.Append(text, at, start - at).Append(other);
            at = start + token.Length;
        }
        return written.Append(text, at, text.Length - at).ToString();
    }
}
