using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>y[i] = table[ids[i]]. y [T, C].</summary>
/// <param name="table">[V, C], any weight format.</param>
/// <param name="ids">[1, T] I32, each in 0 … V − 1.</param>
public sealed class Embedding(Parameter table, Tensor ids) : Op(table)
{
    /// <summary>The ids.</summary>
    public override IEnumerable<Tensor> Saved => [ids];

    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        Require(ids.Rows == 1 && ids.Type == DType.I32, "one row of ids", table.Value, ids);
        Outs = [new Var(t.New(ids.Cols, table.Value.Cols))];
        t.Backend.Index.Gather(table.Value, ids, Out.Value);
    }

    /// <summary>dtable[ids[i]] += dy[i].</summary>
    public override void Backward(Tape t)
    {
        if (t.GradOf(table, out var beta) is not { } dTable)
            return;
        // A scatter touches few rows: the first of a step clears the rest.
        if (beta == 0)
            t.Backend.Pointwise.Fill(dTable, 0);
        t.Backend.Index.ScatterAdd(Out.Grad!, ids, dTable);
    }
}
