using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>
/// Rotary positions (Su et al. 2021), in place: in every head the pair (i, i + F) turns by the row's angle i.
/// </summary>
/// <param name="x">[T, heads · D]; its values are gone afterwards.</param>
/// <param name="headSize">D; where it is larger than 2 F, the end of each head is left alone.</param>
/// <param name="turns">[T, 2 F]: F cosines, then F sines; see <see cref="Backends.IAttentionKernels.Turns"/>.</param>
public sealed class Rope(Var x, int headSize, Tensor turns) : Op(x)
{
    /// <summary>Cosines and sines.</summary>
    public override IEnumerable<Tensor> Saved => [turns];

    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        Require(turns.Rows == x.Value.Rows, "one row of turns per row of x", x.Value, turns);
        Require(headSize > 0 && x.Value.Cols % headSize == 0 && turns.Cols % 2 == 0 && turns.Cols <= headSize,
            "columns of x in whole heads, with two columns per turn", x.Value, turns);
        Outs = [x.Overwrite()];
        t.Backend.Attention.Rope(Out.Value, headSize, turns, inverse: false);
    }

    /// <summary>dx = dy turned back, times the factor; in place too.</summary>
    public override void Backward(Tape t)
    {
        t.Backend.Attention.Rope(t.TakeGrad(Out)!, headSize, turns, inverse: true);
        t.PassGrad(Out, x);
    }
}
