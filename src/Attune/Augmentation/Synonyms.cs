namespace Attune.Augmentation;

/// <summary>Synonym replacement of EDA (Wei and Zou 2019): n = α · words of the words give way to synonyms, of the project's own list.</summary>
internal sealed class Synonyms : PromptRule
{
    private readonly Lazy<SynonymList> list = new(SynonymList.Load);

    protected override string? Change(string text, IReadOnlySet<string> quoted, double alpha, Draw draw)
    {
        var words = PromptWords.Of(text, quoted);
        var known = words.Index().Where(w => w.Item.IsFree && Others(words, w.Index).Count > 0).Select(static w => w.Index).ToList();
        if (known.Count == 0)
            return null;
        foreach (var i in draw.Some(known, Count(alpha, words.Count)))
            words[i] = words[i] with { Core = Cases.Like(draw.One(Others(words, i)), words[i].Core) };
        return PromptWords.Join(words);
    }

    // Behind `a` and `an` only what begins as the word does.
    private List<string> Others(List<Word> words, int at)
    {
        var word = words[at].Core.ToLowerInvariant().Replace('’', '\'');
        var article = at > 0 && words[at - 1].Trail.Length == 0 ? words[at - 1].Core.ToLowerInvariant() : "";
        return [.. list.Value.Of(word).Where(o => article is not ("a" or "an") || IsVowel(o) == IsVowel(word))];
    }

    private static bool IsVowel(string word) => "aeiou".Contains(word[0], StringComparison.Ordinal);
}
