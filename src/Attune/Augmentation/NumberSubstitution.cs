using System.Text.RegularExpressions;

namespace Attune.Augmentation;

/// <summary>
/// Other numbers for those that merely name something: orders, tickets, accounts, codes of letters and digits. A number that prompt and answer
/// have is replaced in both; one that the prompt alone has, only where a word such as <c>order</c> stands before it and no answer has any number.
/// </summary>
/// <remarks>
/// Quantities are never touched (amounts, dates, decimals, per cent, years, anything below five digits), nor is any number of a row that
/// computes or compares: where the answer has a number that the prompt has not, or the prompt asks how many, what is larger, or for a sum. The
/// length stays, and so do letters, a leading digit's being zero or not, and digits that a check digit could depend on: longer numbers than
/// twelve digits are left alone.
/// </remarks>
internal sealed partial class NumberSubstitution : Substitution
{
    private const int Fewest = 5, Most = 12;

    protected override IEnumerable<string> Replaceable(RuleTexts row)
    {
        var (asked, answered) = (string.Join('\n', row.Asked), string.Join('\n', row.Answered));
        if (Computes().IsMatch(asked) || HasDigits().Matches(answered).Any(n => !asked.Contains(n.Value, StringComparison.Ordinal)))
            yield break;
        var answerHasNumbers = HasDigits().IsMatch(answered);
        foreach (var (start, token) in Tokens.Of(asked))
        {
            var cued = Cue().IsMatch(asked[Math.Max(0, start - 24)..start]);
            if (IsName(asked, start, token, cued) && (Tokens.Contains(answered, token) ? IsName(answered, token, cued) : cued && !answerHasNumbers))
                yield return token;
        }
    }

    protected override string Another(string old, Draw draw)
    {
        var other = old.ToCharArray();
        for (var i = 0; i < other.Length; i++)
        {
            if (char.IsAsciiDigit(other[i]))
                other[i] = i == 0 ? other[i] == '0' ? '0' : (char)('1' + draw.Below(9)) : (char)('0' + draw.Below(10));
        }
        return new string(other);
    }

    // Wherever it stands in the answer it must be that name, and no part of a larger number.
    private static bool IsName(string text, string token, bool cued) => Tokens.Of(text).Where(t => t.Text == token).All(t => IsName(text, t.Start, token, cued));

    private static bool IsName(string text, int start, string token, bool cued)
    {
        var digits = token.Count(char.IsAsciiDigit);
        var letters = token.Length - digits;
        var isCode = letters is >= 1 and <= 4 && digits >= 3 && token.Any(char.IsAsciiLetterUpper);
        if (!(isCode || (letters == 0 && digits >= (cued ? Fewest - 1 : Fewest))) || digits > Most || token.Any(static c => !char.IsAsciiLetterOrDigit(c)))
            return false;
        // 2,400.50 and 12:30 and 2024-01-15 are no names, nor are 20 % and $20000.
        var (before, after) = (start > 0 ? text[start - 1] : ' ', start + token.Length < text.Length ? text[start + token.Length] : ' ');
        var next = start + token.Length + 1 < text.Length ? text[start + token.Length + 1] : ' ';
        var last = start > 1 ? text[start - 2] : ' ';
        return !(".,:-/".Contains(before, StringComparison.Ordinal) && char.IsDigit(last)) && !(".,:-/".Contains(after, StringComparison.Ordinal) && char.IsDigit(next))
            && !Signs.Contains(before, StringComparison.Ordinal) && !Signs.Contains(after, StringComparison.Ordinal) && !Unit().IsMatch(text[(start + token.Length)..]);
    }

    private const string Signs = "$€£¥%+*=<>^@_°";

    [GeneratedRegex(@"\b(how (many|much)|sum|total|add|plus|minus|times|divide[ds]?|multipl\w+|subtract\w*|differ\w*|larger|largest|bigger|biggest|smaller|smallest|greater|greatest|least|average|mean|percent|calculate|comput\w+|count|digits?|prime|even|odd|round(ed)?|square|root|factor\w*|between|sort(ed)?|order the)\b|[0-9)]\s*[-+*/=<>^×÷]\s*[0-9(]", RegexOptions.IgnoreCase)]
    private static partial Regex Computes();

    [GeneratedRegex("[0-9]+")]
    private static partial Regex HasDigits();

    [GeneratedRegex(@"(#|№|\b(order|ticket|invoice|account|case|reference|ref|customer|booking|tracking|shipment|parcel|package|policy|contract|member|membership|serial|confirmation|transaction|claim|request|number|no|nr|id))(\s+(number|no|nr|id|code|is|of|with))*[\s.:#]*$", RegexOptions.IgnoreCase)]
    private static partial Regex Cue();

    [GeneratedRegex(@"^\s*(%|percent|euros?|dollars?|pounds?|usd|eur|gbp|cents?|km|miles?|metres?|meters?|kg|grams?|mg|ml|litres?|years?|months?|weeks?|days?|hours?|minutes?|seconds?|people|times|pages?|words?|pieces?)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Unit();
}
