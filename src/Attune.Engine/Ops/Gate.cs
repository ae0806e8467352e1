using Attune.Engine.Autograd;
using Attune.Engine.Backends;

namespace Attune.Engine.Ops;

/// <summary>y = f(gate) · up, element by element (Shazeer 2020). y [T, F].</summary>
/// <param name="f">The function.</param>
/// <param name="gate">[T, F].</param>
/// <param name="up">[T, F].</param>
public sealed class Gate(Activation f, Var gate, Var up) : Op(gate, up)
{
    /// <summary>gate and up.</summary>
    public override IEnumerable<Tensor> Saved => [gate.Value, up.Value];

    /// <inheritdoc />
    public override bool IsCheap => true;

    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        Require(gate.Value.Rows == up.Value.Rows && gate.Value.Cols == up.Value.Cols, "gate and up", gate.Value, up.Value);
        Outs = [new Var(t.New(gate.Value.Rows, gate.Value.Cols))];
        Fill(t);
    }

    /// <inheritdoc />
    protected internal override void Fill(Tape t) => t.Backend.Pointwise.Gate(f, gate.Value, up.Value, Out.Value);

    /// <summary>dgate = dy · up · f′(gate), dup = dy · f(gate), in their memory where nobody else needs them.</summary>
    public override void Backward(Tape t)
    {
        if (gate == up)
        {
            // One gradient for both roles: the second adds to what the first wrote.
            Backward(t, gate, null);
            Backward(t, null, up);
        }
        else
            Backward(t, gate, up);
    }

    private void Backward(Tape t, Var? ofGate, Var? ofUp)
    {
        var (betaGate, betaUp) = (0f, 0f);
        var dGate = ofGate is null ? null : t.GradInPlaceOf(ofGate, out betaGate);
        var dUp = ofUp is null ? null : t.GradInPlaceOf(ofUp, out betaUp);
        t.Backend.Pointwise.GateBackward(f, Out.Grad!, gate.Value, up.Value, dGate, betaGate, dUp, betaUp);
    }
}
