namespace Attune.Text.Jinja;

/// <summary>Parses the statements of a template.</summary>
internal sealed class TemplateParser
{
    private const int MaximumDepth = 100;

    private readonly Dictionary<string, Func<int, Statement>> statements;
    private readonly ExpressionParser tokens;
    private int depth;
    private int loops;

    private TemplateParser(string source)
    {
        tokens = new ExpressionParser(JinjaLexer.Tokenize(source));
        statements = new(StringComparer.Ordinal)
        {
            ["if"] = ParseIf,
            ["for"] = ParseFor,
            ["set"] = ParseSet,
            ["macro"] = ParseMacro,
            ["generation"] = ParseGeneration,
            ["break"] = line => Jump(line, Flow.Break),
            ["continue"] = line => Jump(line, Flow.Continue),
        };
    }

    public static Statement Parse(string source)
    {
        var parser = new TemplateParser(source);
        var template = parser.ParseUntil(out _);
        return template;
    }

    /// <summary>Statements up to a tag that begins with one of <paramref name="ends"/>, whose name is passed; without any, up to the end.</summary>
    private BlockStatement ParseUntil(out string end, params string[] ends)
    {
        if (++depth > MaximumDepth) throw new TemplateFault($"statements are nested deeper than {MaximumDepth}", tokens.Current.Line);
        var body = new List<Statement>();
        var first = tokens.Current.Line;
        while (tokens.Current.Kind != TokenKind.End)
        {
            var token = tokens.Next();
            switch (token.Kind)
            {
                case TokenKind.Data:
                    body.Add(new DataStatement(token.Line, token.Value));
                    break;
                case TokenKind.VariableBegin:
                    body.Add(new OutputStatement(token.Line, tokens.ParseTuple()));
                    Close(TokenKind.VariableEnd, "\"}}\"");
                    break;
                default:
                    var name = tokens.ExpectName();
                    if (ends.Contains(name))
                    {
                        depth--;
                        end = name;
                        return new BlockStatement(first, body);
                    }
                    if (!statements.TryGetValue(name, out var parse))
                        throw new TemplateFault($"the statement {{% {name} %}} is not supported here; supported are {string.Join(", ", statements.Keys)}", token.Line);
                    body.Add(parse(token.Line));
                    break;
            }
        }
        if (ends.Length > 0) throw new TemplateFault($"expected {{% {ends[^1]} %}}, found the end of the template", first);
        end = "";
        return new BlockStatement(first, body);
    }

    private void EndTag() => Close(TokenKind.BlockEnd, "\"%}\"");

    private void Close(TokenKind kind, string sign)
    {
        if (tokens.Current.Kind != kind) throw tokens.Unexpected(sign);
        tokens.Next();
    }

    private IfStatement ParseIf(int line)
    {
        var branches = new List<(Expression, Statement)>();
        string end;
        do
        {
            var condition = tokens.ParseTuple();
            EndTag();
            branches.Add((condition, ParseUntil(out end, "elif", "else", "endif")));
        }
        while (end == "elif");
        Statement? otherwise = null;
        if (end == "else")
        {
            EndTag();
            otherwise = ParseUntil(out _, "endif");
        }
        EndTag();
        return new IfStatement(line, branches, otherwise);
    }

    private ForStatement ParseFor(int line)
    {
        var target = ParseTarget("in");
        if (!tokens.TakeWord("in")) throw tokens.Unexpected("\"in\"");
        var values = tokens.ParseTuple(allowConditional: false);
        var condition = tokens.TakeWord("if") ? tokens.Parse() : null;
        if (tokens.Current.Is(TokenKind.Name, "recursive")) throw new TemplateFault("a recursive loop is not supported", line);
        EndTag();
        loops++;
        var body = ParseUntil(out var end, "else", "endfor");
        loops--;
        Statement? otherwise = null;
        if (end == "else")
        {
            EndTag();
            otherwise = ParseUntil(out _, "endfor");
        }
        EndTag();
        return new ForStatement(line, target, values, condition, body, otherwise);
    }

    private Statement ParseSet(int line)
    {
        var target = ParseTarget("=");
        if (tokens.TakeSign("="))
        {
            var value = tokens.ParseTuple();
            EndTag();
            return new SetStatement(line, target, value);
        }
        Expression text = new NameExpression(line, SetBlockStatement.BodyName);
        while (tokens.TakeSign("|")) text = tokens.ParseFilter(line, text);
        EndTag();
        return new SetBlockStatement(line, target, ParseOutsideLoops("endset"), text);
    }

    private MacroStatement ParseMacro(int line)
    {
        var name = tokens.ExpectName();
        var parameters = new List<(string, Expression?)>();
        tokens.Expect("(");
        while (!tokens.TakeSign(")"))
        {
            if (parameters.Count > 0) tokens.Expect(",");
            var parameter = tokens.ExpectName();
            parameters.Add((parameter, tokens.TakeSign("=") ? tokens.Parse() : null));
        }
        EndTag();
        return new MacroStatement(line, name, parameters, ParseOutsideLoops("endmacro"));
    }

    private GenerationStatement ParseGeneration(int line)
    {
        EndTag();
        return new GenerationStatement(line, ParseOutsideLoops("endgeneration"));
    }

    /// <summary>A body of its own, which no break or continue leaves.</summary>
    private BlockStatement ParseOutsideLoops(string end)
    {
        var outer = loops;
        loops = 0;
        var body = ParseUntil(out _, end);
        loops = outer;
        // A macro's end may repeat its name.
        if (tokens.Current.Kind == TokenKind.Name) tokens.Next();
        EndTag();
        return body;
    }

    private JumpStatement Jump(int line, Flow flow)
    {
        if (loops == 0) throw new TemplateFault($"{{% {flow.ToString().ToLowerInvariant()} %}} stands outside a loop", line);
        EndTag();
        return new JumpStatement(line, flow);
    }

    /// <summary>A name, a namespace's attribute, or several of them, in parentheses or not.</summary>
    private Target ParseTarget(string end)
    {
        var parts = new List<Target>();
        var isTuple = false;
        do
        {
            if (tokens.Current.Is(TokenKind.Name, end) || tokens.Current.Is(TokenKind.Operator, end)) break;
            if (tokens.TakeSign("("))
            {
                parts.Add(ParseTarget(")"));
                tokens.Expect(")");
            }
            else
            {
                var name = tokens.ExpectName();
                parts.Add(tokens.TakeSign(".") ? new AttributeTarget(name, tokens.ExpectName()) : new NameTarget(name));
            }
            isTuple |= tokens.Current.Is(TokenKind.Operator, ",");
        }
        while (tokens.TakeSign(","));
        return isTuple || parts.Count != 1 ? new TupleTarget(parts) : parts[0];
    }
}
