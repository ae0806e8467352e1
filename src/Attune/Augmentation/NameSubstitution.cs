using System.Reflection;
using System.Text.RegularExpressions;

namespace Attune.Augmentation;

/// <summary>
/// Other first names for those of people who speak or are merely mentioned: who introduces himself, signs, or is a customer. The name is replaced
/// wherever it stands, in the answer too; a name without such words before it may be that of a person of whom something is known, and stays.
/// A name gives way to one that is mostly given to the same sex, so that he and she stay true.
/// </summary>
internal sealed partial class NameSubstitution : Substitution
{
    private readonly Lazy<IReadOnlyList<string[]>> groups = new(Load);

    protected override IEnumerable<string> Replaceable(RuleTexts row)
    {
        foreach (var asked in row.Asked)
        {
            foreach (var (start, token) in Tokens.Of(asked))
            {
                if (GroupOf(token) is not null && (Before().IsMatch(asked[Math.Max(0, start - 32)..start]) || After().IsMatch(asked[(start + token.Length)..])))
                    yield return token;
            }
        }
    }

    protected override string? Another(string old, Draw draw) => draw.One(GroupOf(old)!);

    private string[]? GroupOf(string token) => groups.Value.FirstOrDefault(g => Array.BinarySearch(g, token, StringComparer.Ordinal) >= 0);

    private static IReadOnlyList<string[]> Load()
    {
        using var text = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("names.txt")!);
        return [.. text.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static l => l[0] != '#')
            .Select(static l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).ToArray())];
    }

    [GeneratedRegex(@"\b(my name is|name'?s|name:|i am|i['’]m|this is|it['’]?s|regards,?|yours,?|sincerely,?|thanks,?|thank you,?|cheers,?|love,?|dear|customer|colleague|friend|husband|wife|brother|sister|son|daughter|neighbou?r|mr\.?|mrs\.?|ms\.?|miss|named)\s+$", RegexOptions.IgnoreCase)]
    private static partial Regex Before();

    [GeneratedRegex(@"^ (here|speaking)\b", RegexOptions.IgnoreCase)]
    private static partial Regex After();
}
