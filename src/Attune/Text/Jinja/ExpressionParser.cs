using System.Globalization;

namespace Attune.Text.Jinja;

/// <summary>Parses expressions by recursive descent, from the weakest binding (inline if) to the strongest (postfix).</summary>
internal sealed class ExpressionParser(List<Token> tokens)
{
    // Deep nesting would end on the stack; no template nests a tenth of this.
    private const int MaximumDepth = 200;

    private int at;
    private int depth;

    public Token Current => tokens[at];

    public Token Next()
    {
        var token = tokens[at];
        if (at + 1 < tokens.Count) at++;
        return token;
    }

    public bool Take(TokenKind kind, string value)
    {
        if (!Current.Is(kind, value)) return false;
        at++;
        return true;
    }

    public bool TakeSign(string sign) => Take(TokenKind.Operator, sign);

    public bool TakeWord(string word) => Take(TokenKind.Name, word);

    public void Expect(string sign)
    {
        if (!TakeSign(sign)) throw Unexpected($"\"{sign}\"");
    }

    public string ExpectName() => Current.Kind == TokenKind.Name ? Next().Value : throw Unexpected("a name");

    public TemplateFault Unexpected(string expected) => new($"expected {expected}, found {Current}", Current.Line);

    /// <summary>An expression, or a tuple of several without parentheses.</summary>
    public Expression ParseTuple(bool allowConditional = true)
    {
        var line = Current.Line;
        var first = allowConditional ? Parse() : ParseOr();
        if (!Current.Is(TokenKind.Operator, ",")) return first;
        var items = new List<Expression> { first };
        while (TakeSign(","))
        {
            if (Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd || Current.Is(TokenKind.Operator, ")") || Current.Is(TokenKind.Operator, "=")) break;
            items.Add(allowConditional ? Parse() : ParseOr());
        }
        return new ListExpression(line, items, isTuple: true);
    }

    public Expression Parse()
    {
        if (++depth > MaximumDepth) throw new TemplateFault($"expressions are nested deeper than {MaximumDepth}", Current.Line);
        var value = ParseOr();
        while (Current.Is(TokenKind.Name, "if"))
        {
            var line = Next().Line;
            var condition = ParseOr();
            var otherwise = TakeWord("else") ? Parse() : null;
            value = new ConditionalExpression(line, condition, value, otherwise);
        }
        depth--;
        return value;
    }

    /// <summary>or, and, not, comparisons and everything that binds tighter, but no inline if: what may follow "in" of a loop.</summary>
    public Expression ParseOr() => ParseLogical("or", () => ParseLogical("and", ParseNot));

    private Expression ParseLogical(string word, Func<Expression> operand)
    {
        var left = operand();
        while (Current.Is(TokenKind.Name, word)) left = new BinaryExpression(Next().Line, word, left, operand());
        return left;
    }

    private Expression ParseNot()
    {
        if (!Current.Is(TokenKind.Name, "not")) return ParseComparison();
        if (++depth > MaximumDepth) throw new TemplateFault($"expressions are nested deeper than {MaximumDepth}", Current.Line);
        var negation = new UnaryExpression(Next().Line, "not", ParseNot());
        depth--;
        return negation;
    }

    private Expression ParseComparison()
    {
        var line = Current.Line;
        var first = ParseBinary(0);
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (Current.Kind == TokenKind.Operator && Current.Value is "==" or "!=" or "<" or "<=" or ">" or ">=") rest.Add((Next().Value, ParseBinary(0)));
            else if (TakeWord("in")) rest.Add(("in", ParseBinary(0)));
            else if (Current.Is(TokenKind.Name, "not") && tokens[at + 1].Is(TokenKind.Name, "in"))
            {
                at += 2;
                rest.Add(("not in", ParseBinary(0)));
            }
            else break;
        }
        return rest.Count == 0 ? first : new ComparisonExpression(line, first, rest);
    }

    private static readonly string[][] Levels = [["+", "-"], ["~"], ["*", "/", "//", "%"]];

    private Expression ParseBinary(int level)
    {
        if (level == Levels.Length) return ParsePower();
        var left = ParseBinary(level + 1);
        while (Current.Kind == TokenKind.Operator && Levels[level].Contains(Current.Value))
        {
            var sign = Next();
            left = new BinaryExpression(sign.Line, sign.Value, left, ParseBinary(level + 1));
        }
        return left;
    }

    private Expression ParsePower()
    {
        var left = ParseUnary(withFilters: true);
        while (Current.Is(TokenKind.Operator, "**")) left = new BinaryExpression(Next().Line, "**", left, ParseUnary(withFilters: true));
        return left;
    }

    private Expression ParseUnary(bool withFilters)
    {
        if (++depth > MaximumDepth) throw new TemplateFault($"expressions are nested deeper than {MaximumDepth}", Current.Line);
        var isSigned = Current.Is(TokenKind.Operator, "-") || Current.Is(TokenKind.Operator, "+");
        var value = isSigned ? Signed(Next()) : ParsePostfix(ParsePrimary());
        depth--;
        return withFilters ? ParseFilters(value) : value;

        Expression Signed(Token sign) => new UnaryExpression(sign.Line, sign.Value, ParseUnary(withFilters: false));
    }

    private Expression ParsePrimary()
    {
        var token = Next();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return token.Value switch
                {
                    "true" or "True" => new Literal(token.Line, true),
                    "false" or "False" => new Literal(token.Line, false),
                    "none" or "None" => new Literal(token.Line, null),
                    _ => new NameExpression(token.Line, token.Value),
                };
            case TokenKind.Text:
                var text = token.Value;
                while (Current.Kind == TokenKind.Text) text += Next().Value;
                return new Literal(token.Line, text);
            case TokenKind.Integer: return new Literal(token.Line, Integer(token));
            case TokenKind.Float: return new Literal(token.Line, double.Parse(token.Value.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture));
            case TokenKind.Operator when token.Value == "(": return ParseParentheses(token.Line);
            case TokenKind.Operator when token.Value == "[": return new ListExpression(token.Line, ParseItems("]", Parse), isTuple: false);
            case TokenKind.Operator when token.Value == "{": return new DictExpression(token.Line, ParseItems("}", ParsePair));
            default: throw new TemplateFault($"expected a value, found {token}", token.Line);
        }
    }

    private static long Integer(Token token)
    {
        var digits = token.Value.Replace("_", "", StringComparison.Ordinal);
        var isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return long.TryParse(isHex ? digits[2..] : digits, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new TemplateFault($"the number {digits} is too large", token.Line);
    }

    private Expression ParseParentheses(int line)
    {
        if (TakeSign(")")) return new ListExpression(line, [], isTuple: true);
        var value = ParseTuple();
        Expect(")");
        return value;
    }

    private List<T> ParseItems<T>(string end, Func<T> item)
    {
        var items = new List<T>();
        while (!TakeSign(end))
        {
            if (items.Count > 0)
            {
                Expect(",");
                if (TakeSign(end)) break;
            }
            items.Add(item());
        }
        return items;
    }

    private (Expression, Expression) ParsePair()
    {
        var key = Parse();
        Expect(":");
        return (key, Parse());
    }

    private Expression ParsePostfix(Expression value)
    {
        while (Current.Kind == TokenKind.Operator)
        {
            var line = Current.Line;
            if (TakeSign("."))
            {
                var name = Next();
                value = name.Kind switch
                {
                    TokenKind.Name => new AttributeExpression(line, value, name.Value),
                    TokenKind.Integer => new ItemExpression(line, value, new Literal(line, Integer(name))),
                    _ => throw new TemplateFault($"expected an attribute's name, found {name}", name.Line),
                };
            }
            else if (TakeSign("[")) value = ParseSubscript(line, value);
            else if (TakeSign("(")) value = new CallExpression(line, value, ParseArguments());
            else break;
        }
        return value;
    }

    private Expression ParseSubscript(int line, Expression owner)
    {
        var bounds = new Expression?[3];
        var colons = 0;
        while (!TakeSign("]"))
        {
            if (TakeSign(":")) colons++;
            else if (bounds[Math.Min(colons, 2)] is null) bounds[Math.Min(colons, 2)] = Parse();
            else throw Unexpected("\"]\"");
            if (colons > 2) throw Unexpected("\"]\"");
        }
        if (colons > 0) return new SliceExpression(line, owner, bounds[0], bounds[1], bounds[2]);
        return new ItemExpression(line, owner, bounds[0] ?? throw new TemplateFault("an index is missing between the brackets", line));
    }

    /// <summary>Arguments up to and with the closing parenthesis.</summary>
    private ArgumentList ParseArguments()
    {
        var (positional, named) = (new List<Expression>(), new List<(string, Expression)>());
        ParseItems(")", () =>
        {
            if (Current.Is(TokenKind.Operator, "*") || Current.Is(TokenKind.Operator, "**")) throw new TemplateFault("arguments with * or ** are not supported", Current.Line);
            if (Current.Kind == TokenKind.Name && tokens[at + 1].Is(TokenKind.Operator, "="))
            {
                var name = Next().Value;
                Next();
                named.Add((name, Parse()));
            }
            else if (named.Count > 0) throw new TemplateFault("an argument without a name stands after one with a name", Current.Line);
            else positional.Add(Parse());
            return 0;
        });
        return new ArgumentList(positional, named);
    }

    /// <summary>The filters, tests and calls behind a value.</summary>
    private Expression ParseFilters(Expression value)
    {
        while (true)
        {
            var line = Current.Line;
            if (TakeSign("|")) value = ParseFilter(line, value);
            else if (TakeWord("is")) value = ParseTest(line, value);
            else if (TakeSign("(")) value = new CallExpression(line, value, ParseArguments());
            else return value;
        }
    }

    /// <summary>A filter's name and arguments, behind its bar.</summary>
    public Expression ParseFilter(int line, Expression value) =>
        new FilterExpression(line, value, ExpectName(), TakeSign("(") ? ParseArguments() : ArgumentList.None);

    private TestExpression ParseTest(int line, Expression value)
    {
        var negated = TakeWord("not");
        var name = ExpectName();
        var arguments = ArgumentList.None;
        if (TakeSign("(")) arguments = ParseArguments();
        else if (Current.Kind is TokenKind.Text or TokenKind.Integer or TokenKind.Float
            || (Current.Kind == TokenKind.Name && Current.Value is not ("else" or "or" or "and" or "is" or "if" or "in" or "not"))
            || (Current.Kind == TokenKind.Operator && Current.Value is "[" or "{"))
            arguments = new ArgumentList([ParsePostfix(ParsePrimary())], []);
        return new TestExpression(line, value, name, arguments, negated);
    }
}
