namespace Attune.Augmentation;

/// <summary>A prompt in other capitals: all small, all large, or every word with one; codes and what the answer quotes stay as they are.</summary>
internal sealed class Casing : PromptRule
{
    private static readonly Func<string, string>[] Forms = [static w => w.ToLowerInvariant(), static w => w.ToUpperInvariant(), Cases.Capital];

    protected override string? Change(string text, IReadOnlySet<string> quoted, double alpha, Draw draw)
    {
        var words = PromptWords.Of(text, quoted);
        // Of three forms the text may have two already, if it is one small word.
        var forms = Forms.Select(f => PromptWords.Join(words.Select(w => MayChange(w, quoted) ? w with { Core = f(w.Core) } : w))).Where(t => t != text).Distinct(StringComparer.Ordinal).ToArray();
        return forms.Length == 0 ? null : draw.One(forms);
    }

    // A name may lose its capital, as in a message that is written in haste; a code may not, nor what stands in the answer.
    private static bool MayChange(Word word, IReadOnlySet<string> quoted) => word.Core.All(static c => char.IsLetter(c) || c is '\'' or '’' or '-') && !quoted.Contains(word.Core.ToLowerInvariant());
}
