using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>y = a + b. y [T, C].</summary>
/// <param name="a">[T, C].</param>
/// <param name="b">[T, C].</param>
public sealed class Add(Var a, Var b) : Op(a, b)
{
    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        Require(a.Value.Rows == b.Value.Rows && a.Value.Cols == b.Value.Cols, "a and b", a.Value, b.Value);
        Outs = [new Var(t.New(a.Value.Rows, a.Value.Cols))];
        t.Backend.Pointwise.Add(a.Value, b.Value, Out.Value);
    }

    /// <summary>da = db = dy, handed on and not copied.</summary>
    public override void Backward(Tape t)
    {
        t.PassGrad(Out, a);
        t.PassGrad(Out, b);
    }
}
