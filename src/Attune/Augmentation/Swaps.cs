namespace Attune.Augmentation;

/// <summary>Random swaps of EDA (Wei and Zou 2019): n = α · words times two words change places.</summary>
internal sealed class Swaps : PromptRule
{
    protected override string? Change(string text, IReadOnlySet<string> quoted, double alpha, Draw draw)
    {
        var words = PromptWords.Of(text, quoted);
        int[] loose = [.. words.Index().Where(static w => w.Item.IsLoose).Select(static w => w.Index)];
        if (loose.Length < 2)
            return null;
        for (var n = Count(alpha, words.Count); n > 0; n--)
        {
            var pair = draw.Some(loose, 2);
            var (a, b) = (pair[0], pair[1]);
            // Words move; capitals and punctuation stay where the sentence has them.
            (words[a], words[b]) = (words[a] with { Core = Cases.Like(words[b].Core, words[a].Core) }, words[b] with { Core = Cases.Like(words[a].Core, words[b].Core) });
        }
        return PromptWords.Join(words);
    }
}
