using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>y = the same numbers in rows of another length, in x's memory: heads as rows, say. y [rows, cols].</summary>
/// <param name="x">rows · cols numbers, contiguous.</param>
/// <param name="rows">Rows of y.</param>
/// <param name="cols">Columns of y.</param>
public sealed class Reshape(Var x, int rows, int cols) : Op(x)
{
    /// <inheritdoc />
    public override void Forward(Tape t) => Outs = [new Var(x.Value.Reshape(rows, cols))];

    /// <summary>dx = dy, handed on and not copied.</summary>
    public override void Backward(Tape t) => t.HandGrad(Out.Grad!.Reshape(x.Value.Rows, x.Value.Cols), x);
}
