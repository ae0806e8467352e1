using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Attune.Text.Jinja;

/// <summary>What a token of a template is.</summary>
internal enum TokenKind
{
    Data,
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name,
    Text,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>A token, its text (of a string literal: its value) and the line on which it begins.</summary>
internal readonly record struct Token(TokenKind Kind, string Value, int Line)
{
    public bool Is(TokenKind kind, string value) => Kind == kind && Value == value;

    public override string ToString() => Kind is TokenKind.End ? "the end of the template" : $"\"{Value}\"";
}

/// <summary>
/// Cuts a template into tokens. White space is treated as chat templates expect it: the line break after a block tag goes, and so does
/// the indentation before one; a minus in a tag takes all white space on its side; one line break at the template's end is dropped.
/// </summary>
internal sealed class JinjaLexer
{
    private static readonly string[] Operators =
        ["**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    // \G: at the very position from which the search begins.
    private static readonly Regex RawBegin = new(@"\G\s*raw\s*([-+]?)%\}", RegexOptions.CultureInvariant);
    private static readonly Regex RawEnd = new(@"\{%([-+]?)\s*endraw\s*([-+]?)%\}", RegexOptions.CultureInvariant);
    private static readonly Regex Number = new(@"\G(?:0[xX][0-9a-fA-F]+|[0-9][0-9_]*(\.[0-9]+)?([eE][-+]?[0-9]+)?)", RegexOptions.CultureInvariant);

    private readonly string source;
    private readonly List<Token> tokens = [];
    private int at;
    private int line = 1;

    private JinjaLexer(string source)
    {
        var text = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        this.source = text.EndsWith('\n') ? text[..^1] : text;
    }

    public static List<Token> Tokenize(string source)
    {
        var lexer = new JinjaLexer(source);
        lexer.Run();
        return lexer.tokens;
    }

    private void Run()
    {
        var lineStarting = true;
        while (at < source.Length)
        {
            var tag = NextTag();
            var end = tag < 0 ? source.Length : tag;
            AddData(source[at..end], tag, lineStarting);
            if (tag < 0) break;
            at = tag;
            var kind = source[at + 1];
            var marked = at + 2 < source.Length && source[at + 2] is '-' or '+';
            Advance(marked ? 3 : 2);
            if (kind == '#') SkipComment();
            else if (kind == '%' && TryRaw()) { }
            else ReadTag(kind == '{');
            lineStarting = source[at - 1] == '\n';
        }
        tokens.Add(new Token(TokenKind.End, "", line));
    }

    private int NextTag()
    {
        for (var i = source.IndexOf('{', at); i >= 0 && i + 1 < source.Length; i = source.IndexOf('{', i + 1))
        {
            if (source[i + 1] is '{' or '%' or '#') return i;
        }
        return -1;
    }

    /// <summary>Adds the text before a tag, less what the tag takes away on its left.</summary>
    private void AddData(string data, int tag, bool lineStarting)
    {
        var start = line;
        line += data.Count(c => c == '\n');
        if (tag >= 0)
        {
            var mark = tag + 2 < source.Length ? source[tag + 2] : '\0';
            if (mark == '-') data = data.TrimEnd();
            else if (mark != '+' && source[tag + 1] != '{')
            {
                var lineStart = data.LastIndexOf('\n') + 1;
                if ((lineStart > 0 || lineStarting) && string.IsNullOrWhiteSpace(data[lineStart..])) data = data[..lineStart];
            }
        }
        if (data.Length > 0) tokens.Add(new Token(TokenKind.Data, data, start));
    }

    private void SkipComment()
    {
        var end = source.IndexOf("#}", at, StringComparison.Ordinal);
        if (end < 0) throw new TemplateFault("a comment is not closed by #}", line);
        Advance(end - at);
        Close("#}", source[at - 1], trimsLine: true);
    }

    /// <summary>{% raw %} … {% endraw %} is text whatever it holds.</summary>
    private bool TryRaw()
    {
        var opening = RawBegin.Match(source, at);
        if (!opening.Success) return false;
        var closing = RawEnd.Match(source, at + opening.Length);
        if (!closing.Success) throw new TemplateFault("raw is not closed by endraw", line);
        var data = source[(at + opening.Length)..closing.Index];
        var first = line;
        Advance(closing.Index + closing.Length - 2 - at);
        if (opening.Groups[1].Value == "-") data = data.TrimStart();
        else if (opening.Groups[1].Value != "+" && data.StartsWith('\n')) data = data[1..];
        if (closing.Groups[1].Value == "-") data = data.TrimEnd();
        if (data.Length > 0) tokens.Add(new Token(TokenKind.Data, data, first));
        Close("%}", closing.Groups[2].Value is [var mark] ? mark : ' ', trimsLine: true);
        return true;
    }

    private void ReadTag(bool isVariable)
    {
        var close = isVariable ? "}}" : "%}";
        tokens.Add(new Token(isVariable ? TokenKind.VariableBegin : TokenKind.BlockBegin, "", line));
        var depth = 0;                                                         // a dictionary's }} does not end the tag
        while (true)
        {
            while (at < source.Length && char.IsWhiteSpace(source[at])) Advance(1);
            if (at >= source.Length) throw new TemplateFault($"a tag is not closed by {close}", line);
            var signed = source[at] is '-' or '+' && string.CompareOrdinal(source, at + 1, close, 0, 2) == 0;
            if (depth == 0 && (signed || string.CompareOrdinal(source, at, close, 0, 2) == 0))
            {
                tokens.Add(new Token(isVariable ? TokenKind.VariableEnd : TokenKind.BlockEnd, close, line));
                var mark = signed ? source[at] : ' ';
                if (signed) Advance(1);
                Close(close, mark, trimsLine: !isVariable);
                return;
            }
            ReadToken(ref depth);
        }
    }

    /// <summary>Passes the closing sign and the white space that it takes away on its right.</summary>
    private void Close(string sign, char mark, bool trimsLine)
    {
        Advance(sign.Length);
        if (mark == '-')
        {
            while (at < source.Length && char.IsWhiteSpace(source[at])) Advance(1);
        }
        else if (mark != '+' && trimsLine && at < source.Length && source[at] == '\n') Advance(1);
    }

    private void ReadToken(ref int depth)
    {
        var c = source[at];
        if (c is '"' or '\'') ReadText(c);
        else if (char.IsAsciiDigit(c)) ReadNumber();
        else if (char.IsLetter(c) || c == '_')
        {
            var end = at;
            while (end < source.Length && (char.IsLetterOrDigit(source[end]) || source[end] == '_')) end++;
            Take(TokenKind.Name, end - at);
        }
        else
        {
            var sign = Array.Find(Operators, o => string.CompareOrdinal(source, at, o, 0, o.Length) == 0) ?? throw new TemplateFault($"the character {c} is not expected here", line);
            if (sign is "(" or "[" or "{") depth++;
            if (sign is ")" or "]" or "}") depth--;
            Take(TokenKind.Operator, sign.Length);
        }
    }

    private void ReadNumber()
    {
        var match = Number.Match(source, at);
        Take(match.Groups[1].Success || match.Groups[2].Success ? TokenKind.Float : TokenKind.Integer, match.Length);
    }

    private void ReadText(char quote)
    {
        var value = new StringBuilder();
        var start = line;
        Advance(1);
        while (true)
        {
            if (at >= source.Length) throw new TemplateFault("a string is not closed", start);
            var c = source[at];
            if (c == quote) break;
            if (c == '\\' && at + 1 < source.Length) ReadEscape(value);
            else
            {
                value.Append(c);
                Advance(1);
            }
        }
        Advance(1);
        tokens.Add(new Token(TokenKind.Text, value.ToString(), start));
    }

    /// <summary>Python's escapes; an unknown one stands for itself, backslash included.</summary>
    private void ReadEscape(StringBuilder value)
    {
        var c = source[at + 1];
        var digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0)
        {
            var hex = source.AsSpan(at + 2, Math.Min(digits, source.Length - at - 2));
            if (hex.Length < digits || !int.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || (uint)code > 0x10FFFF)
                throw new TemplateFault($"the escape \\{c}{hex} is malformed", line);
            value.Append(code <= char.MaxValue ? ((char)code).ToString() : char.ConvertFromUtf32(code));
            Advance(2 + digits);
            return;
        }
        var plain = c switch { 'n' => "\n", 't' => "\t", 'r' => "\r", 'a' => "\a", 'b' => "\b", 'f' => "\f", 'v' => "\v", '0' => "\0", '\n' => "", '\\' or '\'' or '"' => c.ToString(), _ => "\\" + c };
        value.Append(plain);
        Advance(2);
    }

    private void Take(TokenKind kind, int length)
    {
        tokens.Add(new Token(kind, source.Substring(at, length), line));
        Advance(length);
    }

    private void Advance(int count)
    {
        for (var end = at + count; at < end; at++)
        {
            if (source[at] == '\n') line++;
        }
    }
}
