namespace Attune.Augmentation;

/// <summary>Random deletions of EDA (Wei and Zou 2019): each word goes with probability α; at least one does, and at most half of them.</summary>
internal sealed class Deletions : PromptRule
{
    protected override string? Change(string text, IReadOnlySet<string> quoted, double alpha, Draw draw)
    {
        var words = PromptWords.Of(text, quoted);
        int[] loose = [.. words.Index().Where(static w => w.Item.IsLoose).Select(static w => w.Index)];
        var most = words.Count / 2;
        if (loose.Length == 0 || most == 0)
            return null;
        int[] drawn = [.. loose.Where(_ => draw.Chance(alpha))];
        var gone = (drawn.Length == 0 ? [draw.One(loose)] : drawn.Take(most)).ToHashSet();
        var left = new List<Word>();
        var capital = false;
        foreach (var (i, word) in words.Index())
        {
            if (gone.Contains(i))
            {
                // What stood around the word stays: the end of a sentence is no part of its last word.
                capital |= char.IsUpper(word.Core[0]) && word.Core != "I";
                if (word.Lead.Length + word.Trail.Length == 0)
                    continue;
                if (left.Count > 0 && word.Lead.Length == 0)
                    left[^1] = left[^1] with { Trail = left[^1].Trail + word.Trail, Space = word.Space };
                continue;
            }
            left.Add(capital && word.IsFree ? word with { Core = Cases.Capital(word.Core) } : word);
            capital = false;
        }
        return PromptWords.Joined(left, text);
    }
}
