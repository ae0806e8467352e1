using System.Globalization;
using System.Text;

namespace Attune.Text.Patterns;

/// <summary>Translates one bracketed class, <c>[…]</c>, and the escapes that stand for classes.</summary>
internal sealed class CharacterClass(string pattern, int start)
{
    private const string Word = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u24B6-\u24E9";

    /// <summary>Properties by the names that tokenizers use, as members of a .NET class. Scripts are listed for the basic plane.</summary>
    private static readonly Dictionary<string, string> Properties = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Letter"] = @"\p{L}",
        ["Mark"] = @"\p{M}",
        ["Number"] = @"\p{N}",
        ["Punctuation"] = @"\p{P}",
        ["Symbol"] = @"\p{S}",
        ["Separator"] = @"\p{Z}",
        ["Alpha"] = @"\p{L}\p{M}\p{Nl}\u24B6-\u24E9",
        ["Alnum"] = @"\p{L}\p{M}\p{Nl}\p{Nd}\u24B6-\u24E9",
        ["Digit"] = @"\p{Nd}",
        ["Space"] = @"\s",
        ["Word"] = Word,
        ["Punct"] = @"\p{P}$+<=>\^`|~",
        ["Upper"] = @"\p{Lu}",
        ["Lower"] = @"\p{Ll}",
        ["Han"] = @"\u2E80-\u2E99\u2E9B-\u2EF3\u2F00-\u2FD5\u3005\u3007\u3021-\u3029\u3038-\u303B\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFA6D\uFA70-\uFAD9",
        ["Hiragana"] = @"\u3041-\u3096\u309D-\u309F",
        ["Katakana"] = @"\u30A1-\u30FA\u30FD-\u30FF\u31F0-\u31FF\u32D0-\u32FE\u3300-\u3357\uFF66-\uFF6F\uFF71-\uFF9D",
        ["Hangul"] = @"\u1100-\u11FF\u302E\u302F\u3131-\u318E\u3200-\u321E\u3260-\u327E\uA960-\uA97C\uAC00-\uD7A3\uD7B0-\uD7C6\uD7CB-\uD7FB\uFFA0-\uFFBE\uFFC2-\uFFC7\uFFCA-\uFFCF\uFFD2-\uFFD7\uFFDA-\uFFDC",
    };

    private readonly StringBuilder members = new();
    private int at = start + 1;

    /// <summary>The class in .NET's spelling; <paramref name="end"/> is the position behind its bracket.</summary>
    public string Translate(out int end)
    {
        var (negated, subtracted) = Read();
        end = at;
        // .NET cannot subtract from a negated class what it then negates again; no tokenizer does.
        if (negated && subtracted.Length > 0) throw new FormatException("a negated class with && is not supported");
        return $"[{(negated ? "^" : "")}{members}{(subtracted.Length > 0 ? $"-[{subtracted}]" : "")}]";
    }

    /// <summary>Reads the escape at <paramref name="at"/> as members of a class, already spelt for .NET; a single character is unescaped.</summary>
    public static (string Members, bool Negated) ReadEscape(string pattern, ref int at)
    {
        var c = pattern[at + 1];
        at += 2;
        switch (c)
        {
            case 'p' or 'P': return ReadProperty(pattern, ref at, c == 'P');
            case 's' or 'S': return (@"\s", c == 'S');
            case 'd' or 'D': return (@"\d", c == 'D');
            case 'w' or 'W': return (Word, c == 'W');
            case 'h' or 'H': return ("0-9a-fA-F", c == 'H');
            case 'n': return ("\n", false);
            case 'r': return ("\r", false);
            case 't': return ("\t", false);
            case 'f': return ("\f", false);
            case 'v': return ("\v", false);
            case 'a': return ("\a", false);
            case 'e': return ("\u001B", false);
            case 'x' or 'u': return (ReadCode(pattern, ref at, c), false);
            case '0': return ("\0", false);
            default: return char.IsAsciiLetterOrDigit(c) ? throw new FormatException($"the escape \\{c} is not supported") : (c.ToString(), false);
        }
    }

    private static (string, bool) ReadProperty(string pattern, ref int at, bool negated)
    {
        string name;
        if (at < pattern.Length && pattern[at] == '{')
        {
            var end = pattern.IndexOf('}', at);
            if (end < 0) throw new FormatException("a property is not closed by }");
            name = pattern[(at + 1)..end];
            at = end + 1;
        }
        else name = at < pattern.Length ? pattern[at++].ToString() : "";
        if (name.StartsWith('^')) (name, negated) = (name[1..], !negated);
        if (Properties.TryGetValue(name.Replace("_", "", StringComparison.Ordinal), out var spelled)) return (spelled, negated);
        if (name.Length is 1 or 2 && "LMNPSZC".Contains(name[0], StringComparison.Ordinal)) return ($@"\p{{{name}}}", negated);
        throw new FormatException($"the property {name} is not supported");
    }

    private static string ReadCode(string pattern, ref int at, char kind)
    {
        var braced = at < pattern.Length && pattern[at] == '{';
        var end = braced ? pattern.IndexOf('}', at) : Math.Min(at + (kind == 'u' ? 4 : 2), pattern.Length);
        var digits = end < 0 ? "" : pattern[(braced ? at + 1 : at)..end];
        if (!int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || code > char.MaxValue || char.IsSurrogate((char)code))
            throw new FormatException($"the code \\{kind}{digits} is not supported");
        at = braced ? end + 1 : end;
        return ((char)code).ToString();
    }

    private (bool Negated, string Subtracted) Read()
    {
        var negated = Take('^');
        var first = true;
        var subtracted = "";
        while (at < pattern.Length && (pattern[at] != ']' || first))
        {
            first = false;
            if (pattern.AsSpan(at).StartsWith("&&", StringComparison.Ordinal)) subtracted = ReadSubtraction();
            else if (pattern[at] == '[') ReadNested();
            else ReadMember();
        }
        if (!Take(']')) throw new FormatException("a class is not closed by ]");
        return (negated, subtracted);
    }

    /// <summary>A &amp;&amp; [^B] is A without B.</summary>
    private string ReadSubtraction()
    {
        at += 2;
        var inner = at < pattern.Length && pattern[at] == '[' ? new CharacterClass(pattern, at) : throw new FormatException("&& is supported before [^…] only");
        var (negated, nested) = inner.Read();
        if (!negated || nested.Length > 0 || inner.at >= pattern.Length || pattern[inner.at] != ']') throw new FormatException("&& is supported before a final [^…] only");
        at = inner.at;
        return inner.members.ToString();
    }

    private void ReadNested()
    {
        if (pattern.AsSpan(at).StartsWith("[:", StringComparison.Ordinal) && pattern.IndexOf(":]", at, StringComparison.Ordinal) is > 0 and var end)
        {
            if (!Properties.TryGetValue(pattern[(at + 2)..end], out var spelled)) throw new FormatException($"the class {pattern[at..(end + 2)]} is not supported");
            members.Append(spelled);
            at = end + 2;
            return;
        }
        var inner = new CharacterClass(pattern, at);
        var (negated, subtracted) = inner.Read();
        if (negated || subtracted.Length > 0) throw new FormatException("a negated class inside a class is not supported");
        members.Append(inner.members);
        at = inner.at;
    }

    private void ReadMember()
    {
        if (!TryReadCharacter(out var low)) return;
        var isRange = at + 1 < pattern.Length && pattern[at] == '-' && pattern[at + 1] is not (']' or '[');
        AddCharacter(low);
        if (!isRange) return;
        at++;
        if (!TryReadCharacter(out var high) || high < low) throw new FormatException("a range in a class is not in order");
        members.Append('-');
        AddCharacter(high);
    }

    /// <summary>Reads one character, or appends a whole class such as \s and returns false.</summary>
    private bool TryReadCharacter(out char c)
    {
        c = pattern[at];
        if (c != '\\')
        {
            at++;
            return true;
        }
        if (at + 1 >= pattern.Length) throw new FormatException("it ends in a backslash");
        if (pattern[at + 1] == 'b')
        {
            c = '\b';
            at += 2;
            return true;
        }
        var (spelled, negated) = ReadEscape(pattern, ref at);
        if (spelled.Length == 1 && !negated)
        {
            c = spelled[0];
            return true;
        }
        if (negated && spelled.Length == 2) members.Append(spelled.ToUpperInvariant());
        else if (negated && spelled.StartsWith(@"\p{", StringComparison.Ordinal) && spelled.Length <= 6) members.Append(@"\P").Append(spelled, 2, spelled.Length - 2);
        else if (negated) throw new FormatException("a negated class inside a class is not supported");
        else members.Append(spelled);
        return false;
    }

    private void AddCharacter(char c) => members.Append(CultureInfo.InvariantCulture, $@"\u{(int)c:X4}");

    private bool Take(char c)
    {
        if (at >= pattern.Length || pattern[at] != c) return false;
        at++;
        return true;
    }
}
