namespace Attune.Text.Jinja;

/// <summary>for target in values [if condition] … [else …] endfor. Each round has a scope of its own: what it sets is gone with it.</summary>
internal sealed class ForStatement(int line, Target target, Expression values, Expression? condition, Statement body, Statement? otherwise) : Statement(line)
{
    protected override Flow Execute(RenderState state)
    {
        var outer = state.Scope;
        try
        {
            var items = Select(state, outer, Python.Iterate(values.Evaluate(state)));
            state.Charge(items.Count);
            for (var i = 0; i < items.Count; i++)
            {
                state.Scope = new Scope(outer);
                target.Assign(state, items[i]);
                state.Scope["loop"] = new Loop(items, i);
                if (body.Run(state) == Flow.Break) break;
            }
            state.Scope = outer;
            return items.Count == 0 && otherwise is not null ? otherwise.Run(state) : Flow.Next;
        }
        finally
        {
            state.Scope = outer;
        }
    }

    private IReadOnlyList<object?> Select(RenderState state, Scope outer, IReadOnlyList<object?> items)
    {
        if (condition is null) return items;
        var selected = new List<object?>();
        foreach (var item in items)
        {
            state.Scope = new Scope(outer);
            target.Assign(state, item);
            if (Python.Truth(condition.Evaluate(state))) selected.Add(item);
        }
        state.Scope = outer;
        return selected;
    }

    /// <summary>The variable "loop".</summary>
    private sealed class Loop(IReadOnlyList<object?> items, int index) : IAttributes
    {
        public object? Attribute(string name) => name switch
        {
            "index0" => (long)index,
            "index" => index + 1L,
            "revindex0" => items.Count - 1L - index,
            "revindex" => (long)items.Count - index,
            "first" => index == 0,
            "last" => index == items.Count - 1,
            "length" => (long)items.Count,
            "depth0" or "depth" => throw new TemplateFault("loop.depth is not supported"),
            "previtem" => index > 0 ? items[index - 1] : new Undefined("loop.previtem of the first item"),
            "nextitem" => index + 1 < items.Count ? items[index + 1] : new Undefined("loop.nextitem of the last item"),
            "cycle" => new Callable("cycle", (_, a) => a.Positional.Count > 0 ? a.Positional[index % a.Positional.Count] : throw new TemplateFault("loop.cycle needs arguments")),
            _ => new Undefined($"loop.{name}"),
        };
    }
}
