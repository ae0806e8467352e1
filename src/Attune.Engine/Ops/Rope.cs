using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>
/// Rotary positions (Su et al. 2021), in place: in every head the pair (i, i + D/2) turns by position · frequency i.
/// </summary>
/// <param name="x">[T, heads · D]; its values are gone afterwards.</param>
/// <param name="headSize">D.</param>
/// <param name="positions">[1, T] I32.</param>
/// <param name="frequencies">[1, D/2] in the activation type; fewer leave the end of each head alone.</param>
/// <param name="attentionFactor">Factor of sine and cosine; 1 but for some scalings.</param>
public sealed class Rope(Var x, int headSize, Tensor positions, Tensor frequencies, float attentionFactor) : Op(x)
{
    /// <summary>Positions and frequencies.</summary>
    public override IEnumerable<Tensor> Saved => [positions, frequencies];

    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        Require(positions.Cols == x.Value.Rows, "one position per row of x", x.Value, positions);
        Require(headSize > 0 && x.Value.Cols % headSize == 0 && 2 * frequencies.Cols <= headSize,
            "columns of x in whole heads, with two columns per frequency", x.Value, frequencies);
        Outs = [x.Overwrite()];
        t.Backend.Attention.Rope(Out.Value, headSize, positions, frequencies, attentionFactor, inverse: false);
    }

    /// <summary>dx = dy turned back, times the factor; in place too.</summary>
    public override void Backward(Tape t)
    {
        t.Backend.Attention.Rope(t.TakeGrad(Out)!, headSize, positions, frequencies, attentionFactor, inverse: true);
        t.PassGrad(Out, x);
    }
}
