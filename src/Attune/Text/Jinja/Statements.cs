namespace Attune.Text.Jinja;

/// <summary>How a statement ended: on to the next, or out of (round) the innermost loop.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}

/// <summary>A statement of the template's tree.</summary>
internal abstract class Statement(int line)
{
    public int Line => line;

    public Flow Run(RenderState state)
    {
        state.Charge();
        state.Line = line;
        return Execute(state);
    }

    protected abstract Flow Execute(RenderState state);
}

internal sealed class DataStatement(int line, string text) : Statement(line)
{
    protected override Flow Execute(RenderState state)
    {
        state.Write(text);
        return Flow.Next;
    }
}

internal sealed class OutputStatement(int line, Expression value) : Statement(line)
{
    protected override Flow Execute(RenderState state)
    {
        state.Write(Python.Str(value.Evaluate(state)));
        return Flow.Next;
    }
}

internal sealed class BlockStatement(int line, List<Statement> statements) : Statement(line)
{
    protected override Flow Execute(RenderState state)
    {
        foreach (var statement in statements)
        {
            var flow = statement.Run(state);
            if (flow != Flow.Next) return flow;
        }
        return Flow.Next;
    }
}

internal sealed class IfStatement(int line, List<(Expression Condition, Statement Body)> branches, Statement? otherwise) : Statement(line)
{
    protected override Flow Execute(RenderState state)
    {
        foreach (var (condition, body) in branches)
        {
            if (Python.Truth(condition.Evaluate(state))) return body.Run(state);
        }
        return otherwise?.Run(state) ?? Flow.Next;
    }
}

/// <summary>break and continue.</summary>
internal sealed class JumpStatement(int line, Flow flow) : Statement(line)
{
    protected override Flow Execute(RenderState state) => flow;
}

/// <summary>set name = value, set a, b = value, set namespace.name = value.</summary>
internal sealed class SetStatement(int line, Target target, Expression value) : Statement(line)
{
    protected override Flow Execute(RenderState state)
    {
        target.Assign(state, value.Evaluate(state));
        return Flow.Next;
    }
}

/// <summary>set name … endset: the rendered body, through filters.</summary>
internal sealed class SetBlockStatement(int line, Target target, Statement body, Expression text) : Statement(line)
{
    /// <summary>The variable from which <c>text</c> reads the rendered body; no template can name it.</summary>
    public const string BodyName = " body";

    protected override Flow Execute(RenderState state)
    {
        var outer = state.Scope;
        var inner = new Scope(outer);
        inner[BodyName] = state.Capture(inner, () => body.Run(state));
        state.Scope = inner;
        var value = text.Evaluate(state);
        state.Scope = outer;
        target.Assign(state, value);
        return Flow.Next;
    }
}

/// <summary>generation … endgeneration: text in a scope of its own. Which characters are trained is found by position, not from this mark.</summary>
internal sealed class GenerationStatement(int line, Statement body) : Statement(line)
{
    protected override Flow Execute(RenderState state)
    {
        state.Write(state.Capture(new Scope(state.Scope), () => body.Run(state)));
        return Flow.Next;
    }
}

/// <summary>What a value can be assigned to.</summary>
internal abstract record Target
{
    public abstract void Assign(RenderState state, object? value);
}

internal sealed record NameTarget(string Name) : Target
{
    public override void Assign(RenderState state, object? value) => state.Scope[Name] = value;
}

internal sealed record AttributeTarget(string Owner, string Name) : Target
{
    public override void Assign(RenderState state, object? value)
    {
        if (state.Scope.Find(Owner) is not Namespace space) throw new TemplateFault($"{Owner}.{Name} cannot be set: {Owner} is not a namespace");
        space.Values[Name] = value;
    }
}

internal sealed record TupleTarget(List<Target> Parts) : Target
{
    public override void Assign(RenderState state, object? value)
    {
        var items = Python.Iterate(value);
        if (items.Count != Parts.Count) throw new TemplateFault($"{items.Count} values cannot be unpacked to {Parts.Count} names");
        foreach (var (part, item) in Parts.Zip(items)) part.Assign(state, item);
    }
}

/// <summary>macro name(parameters) … endmacro.</summary>
internal sealed class MacroStatement(int line, string name, List<(string Name, Expression? Default)> parameters, Statement body) : Statement(line)
{
    protected override Flow Execute(RenderState state)
    {
        var defining = state.Scope;
        defining[name] = new Callable(name, (caller, arguments) => Call(caller, new Scope(defining), arguments));
        return Flow.Next;
    }

    private string Call(RenderState state, Scope scope, Arguments arguments)
    {
        if (arguments.Positional.Count > parameters.Count) throw new TemplateFault($"the macro {name} takes {parameters.Count} arguments, not {arguments.Positional.Count}");
        if (arguments.Named.Keys.FirstOrDefault(k => parameters.TrueForAll(p => p.Name != k)) is { } unknown)
            throw new TemplateFault($"the macro {name} has no parameter {unknown}");
        return state.Capture(scope, () =>
        {
            for (var i = 0; i < parameters.Count; i++)
            {
                var (parameter, standard) = parameters[i];
                if (i < arguments.Positional.Count) scope[parameter] = arguments.Positional[i];
                else if (arguments.Named.TryGetValue(parameter, out var given)) scope[parameter] = given;
                else scope[parameter] = standard is null ? new Undefined($"the parameter '{parameter}'") : standard.Evaluate(state);
            }
            body.Run(state);
        });
    }
}
