namespace Attune.Text.Jinja;

/// <summary>An expression of the template's tree.</summary>
internal abstract class Expression(int line)
{
    public int Line => line;

    public object? Evaluate(RenderState state)
    {
        state.Enter(line);
        var value = Value(state);
        state.Leave();
        return value;
    }

    protected abstract object? Value(RenderState state);
}

internal sealed class Literal(int line, object? value) : Expression(line)
{
    protected override object? Value(RenderState state) => value;
}

internal sealed class NameExpression(int line, string name) : Expression(line)
{
    public string Name => name;

    protected override object? Value(RenderState state) => state.Scope.Find(name);
}

internal sealed class ListExpression(int line, List<Expression> items, bool isTuple) : Expression(line)
{
    public IReadOnlyList<Expression> Items => items;

    protected override object? Value(RenderState state) => new PyList(items.Select(i => i.Evaluate(state)), isTuple);
}

internal sealed class DictExpression(int line, List<(Expression Key, Expression Value)> items) : Expression(line)
{
    protected override object? Value(RenderState state)
    {
        var dict = new PyDict();
        foreach (var (key, value) in items) dict.Set(key.Evaluate(state), value.Evaluate(state));
        return dict;
    }
}

internal sealed class AttributeExpression(int line, Expression owner, string name) : Expression(line)
{
    protected override object? Value(RenderState state) => Access.Attribute(owner.Evaluate(state), name);
}

internal sealed class ItemExpression(int line, Expression owner, Expression key) : Expression(line)
{
    protected override object? Value(RenderState state) => Access.Item(owner.Evaluate(state), key.Evaluate(state));
}

internal sealed class SliceExpression(int line, Expression owner, Expression? start, Expression? stop, Expression? step) : Expression(line)
{
    protected override object? Value(RenderState state) =>
        Access.Slice(state, owner.Evaluate(state), start?.Evaluate(state), stop?.Evaluate(state), step?.Evaluate(state));
}

/// <summary>The arguments of a call, filter or test as they are written.</summary>
internal sealed record ArgumentList(List<Expression> Positional, List<(string Name, Expression Value)> Named)
{
    public static readonly ArgumentList None = new([], []);

    public Arguments Evaluate(RenderState state)
    {
        var named = new Dictionary<string, object?>(StringComparer.Ordinal);
        var positional = Positional.ConvertAll(p => p.Evaluate(state));
        foreach (var (name, value) in Named) named[name] = value.Evaluate(state);
        return new Arguments(positional, named);
    }
}

internal sealed class CallExpression(int line, Expression target, ArgumentList arguments) : Expression(line)
{
    protected override object? Value(RenderState state)
    {
        var called = target.Evaluate(state);
        var given = arguments.Evaluate(state);
        state.Line = Line;
        return called switch
        {
            Callable c => c.Invoke(state, given),
            Undefined u => throw u.Fault(),
            _ => throw new TemplateFault($"a {Python.TypeName(called)} cannot be called"),
        };
    }
}

internal sealed class FilterExpression(int line, Expression value, string name, ArgumentList arguments) : Expression(line)
{
    protected override object? Value(RenderState state)
    {
        var input = value.Evaluate(state);
        var given = arguments.Evaluate(state);
        state.Line = Line;
        return Filters.Find(name)(state, input, given);
    }
}

internal sealed class TestExpression(int line, Expression value, string name, ArgumentList arguments, bool negated) : Expression(line)
{
    protected override object? Value(RenderState state)
    {
        var input = value.Evaluate(state);
        var given = arguments.Evaluate(state);
        state.Line = Line;
        return TemplateTests.Find(name)(input, given) != negated;
    }
}

internal sealed class UnaryExpression(int line, string sign, Expression operand) : Expression(line)
{
    protected override object? Value(RenderState state)
    {
        var value = operand.Evaluate(state);
        return sign switch
        {
            "not" => !Python.Truth(value),
            "-" => Operations.Negate(value),
            _ => value is long or double or bool ? value : throw new TemplateFault($"+ needs a number, not a {Python.TypeName(value)}"),
        };
    }
}

internal sealed class BinaryExpression(int line, string sign, Expression left, Expression right) : Expression(line)
{
    protected override object? Value(RenderState state)
    {
        var first = left.Evaluate(state);
        if (sign == "and") return Python.Truth(first) ? right.Evaluate(state) : first;
        if (sign == "or") return Python.Truth(first) ? first : right.Evaluate(state);
        var second = right.Evaluate(state);
        state.Line = Line;
        return Operations.Apply(state, sign, first, second);
    }
}

/// <summary>a &lt; b &lt; c: every neighbouring pair must hold.</summary>
internal sealed class ComparisonExpression(int line, Expression first, List<(string Sign, Expression Operand)> rest) : Expression(line)
{
    protected override object? Value(RenderState state)
    {
        var left = first.Evaluate(state);
        foreach (var (sign, operand) in rest)
        {
            var right = operand.Evaluate(state);
            state.Line = Line;
            if (!Operations.Holds(sign, left, right)) return false;
            left = right;
        }
        return true;
    }
}

/// <summary>a if condition else b; without else it is undefined where the condition fails.</summary>
internal sealed class ConditionalExpression(int line, Expression condition, Expression then, Expression? otherwise) : Expression(line)
{
    protected override object? Value(RenderState state) => Python.Truth(condition.Evaluate(state))
        ? then.Evaluate(state)
        : otherwise is null ? new Undefined("an inline if without else, whose condition is false,") : otherwise.Evaluate(state);
}
