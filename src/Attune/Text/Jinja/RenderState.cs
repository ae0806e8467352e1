using System.Text;

namespace Attune.Text.Jinja;

/// <summary>Variables by name; an inner scope sees the outer ones and hides them by assigning.</summary>
internal sealed class Scope(Scope? parent)
{
    private readonly Dictionary<string, object?> variables = new(StringComparer.Ordinal);

    public object? this[string name]
    {
        set => variables[name] = value;
    }

    public object? Find(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope.variables.TryGetValue(name, out var value)) return value;
        }
        return new Undefined($"'{name}'");
    }

    private Scope? Parent => parent;
}

/// <summary>One rendering: where it stands, what it has written, and how much it may still do. A template is a program from outside.</summary>
internal sealed class RenderState(Scope scope, TimeProvider clock)
{
    private const long MaximumWork = 5_000_000;
    private const int MaximumDepth = 100;
    private const int MaximumExpressionDepth = 2000;

    private long work;
    private int expressionDepth;
    private int depth;

    public Scope Scope { get; set; } = scope;

    public StringBuilder Output { get; private set; } = new();

    public TimeProvider Clock => clock;

    /// <summary>Line of what is being evaluated, for errors.</summary>
    public int Line { get; set; }

    /// <summary>Pays for a step, and for the characters or elements that it makes.</summary>
    public void Charge(long size = 0)
    {
        Python.GuardStack();
        work += 1 + size / 8;
        if (work > MaximumWork) throw new TemplateFault("the template does more work than any chat template needs; it may loop or grow without end");
    }

    /// <summary>Goes one level down in the tree of expressions; paired with <see cref="Leave"/> unless an error ends the rendering.</summary>
    public void Enter(int line)
    {
        Charge();
        Line = line;
        if (++expressionDepth > MaximumExpressionDepth) throw new TemplateFault("expressions are nested too deeply");
    }

    public void Leave() => expressionDepth--;

    public void Write(string text)
    {
        Charge(text.Length);
        Output.Append(text);
    }

    /// <summary>Runs in a scope of its own and returns what was written meanwhile.</summary>
    public string Capture(Scope inner, Action body)
    {
        var (outerScope, outerOutput) = (Scope, Output);
        if (++depth > MaximumDepth) throw new TemplateFault($"macros and blocks are nested deeper than {MaximumDepth}");
        (Scope, Output) = (inner, new StringBuilder());
        try
        {
            body();
            return Output.ToString();
        }
        finally
        {
            (Scope, Output) = (outerScope, outerOutput);
            depth--;
        }
    }
}
