using System.Text;
using System.Text.RegularExpressions;

namespace Attune.Text.Patterns;

/// <summary>
/// Rewrites an expression of Oniguruma's Ruby dialect as one of .NET: possessive quantifiers become atomic groups, classes and properties get
/// their .NET spelling. The result is to be run on a <see cref="ScalarShadow"/>. A construct that has no counterpart is a <see cref="FormatException"/>.
/// </summary>
internal sealed class OnigurumaTranslator
{
    private readonly string pattern;
    private readonly StringBuilder output = new();
    private readonly Stack<int> groups = new();
    private int at;
    private int atom = -1;                                                     // where in the output the last atom begins; -1: nothing to quantify

    private OnigurumaTranslator(string pattern) => this.pattern = pattern;

    public static string Translate(string pattern)
    {
        foreach (var c in pattern)
        {
            if (char.IsSurrogate(c)) throw new FormatException("it names a character beyond the basic plane");
        }
        var translator = new OnigurumaTranslator(pattern);
        translator.Run();
        return translator.output.ToString();
    }

    private void Run()
    {
        while (at < pattern.Length)
        {
            var c = pattern[at];
            switch (c)
            {
                case '(': OpenGroup(); break;
                case ')': CloseGroup(); break;
                case '[': Atom(new CharacterClass(pattern, at).Translate(out at)); break;
                case '\\': Escape(); break;
                case '*' or '+' or '?': Quantify(c.ToString(), mayBePossessive: true); break;
                case '{' when Interval() is { } interval: Quantify(interval, mayBePossessive: false); break;
                case '|' or '^' or '$':
                    output.Append(c);
                    atom = -1;
                    at++;
                    break;
                case '.':
                    Atom(".");
                    at++;
                    break;
                default:
                    Atom(Regex.Escape(c.ToString()));
                    at++;
                    break;
            }
        }
        if (groups.Count > 0) throw new FormatException("a group is not closed");
    }

    private void Atom(string translated)
    {
        atom = output.Length;
        output.Append(translated);
    }

    private void OpenGroup()
    {
        groups.Push(output.Length);
        atom = -1;
        if (at + 1 >= pattern.Length || pattern[at + 1] != '?')
        {
            output.Append("(?:");                                              // nothing reads what a group captured
            at++;
            return;
        }
        foreach (var head in (string[])["(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!"])
        {
            if (string.CompareOrdinal(pattern, at, head, 0, head.Length) != 0) continue;
            output.Append(head);
            at += head.Length;
            return;
        }
        OpenOptions();
    }

    /// <summary>(?i: … ) or (?i); Ruby's m lets the dot match a line break, which .NET calls s.</summary>
    private void OpenOptions()
    {
        var end = pattern.AsSpan(at).IndexOfAny(':', ')');
        var letters = end < 0 ? "" : pattern[(at + 2)..(at + end)];
        if (letters.Length == 0 || letters.AsSpan().ContainsAnyExcept("imx-")) throw new FormatException($"the group {pattern.AsSpan(at, Math.Min(6, pattern.Length - at))}… is not supported");
        output.Append("(?").Append(letters.Replace('m', 's')).Append(pattern[at + end]);
        if (pattern[at + end] == ')') groups.Pop();
        at += end + 1;
    }

    private void CloseGroup()
    {
        if (!groups.TryPop(out atom)) throw new FormatException("a group is closed that was not opened");
        output.Append(')');
        at++;
    }

    private string? Interval()
    {
        var match = Regex.Match(pattern[at..], @"\A\{([0-9]{1,4}(,[0-9]{0,4})?|,[0-9]{1,4})\}");
        return match.Success ? match.Value.Replace("{,", "{0,", StringComparison.Ordinal) : null;
    }

    private void Quantify(string quantifier, bool mayBePossessive)
    {
        if (atom < 0) throw new FormatException($"nothing stands before {quantifier}");
        at = mayBePossessive ? at + 1 : pattern.IndexOf('}', at) + 1;
        var next = at < pattern.Length ? pattern[at] : '\0';
        if (next == '+' && mayBePossessive)
        {
            output.Insert(atom, "(?>").Append(quantifier).Append(')');
            at++;
        }
        else if (next == '?')
        {
            output.Append(quantifier).Append('?');
            at++;
        }
        else output.Append(quantifier);
        // A further quantifier repeats the whole, as in Ruby's x{2}+.
        output.Insert(atom, "(?:").Append(')');
    }

    private void Escape()
    {
        if (at + 1 >= pattern.Length) throw new FormatException("it ends in a backslash");
        var c = pattern[at + 1];
        if (c is 'b' or 'B' or 'A' or 'z' or 'Z' or 'G')
        {
            output.Append('\\').Append(c);
            atom = -1;
            at += 2;
            return;
        }
        if (c is >= '1' and <= '9' or 'k' or 'g') throw new FormatException("back-references and calls are not supported");
        var (members, negated) = CharacterClass.ReadEscape(pattern, ref at);
        Atom(members.Length == 1 && !negated ? Regex.Escape(members) : $"[{(negated ? "^" : "")}{members}]");
    }
}
