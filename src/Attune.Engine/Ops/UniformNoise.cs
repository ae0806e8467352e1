using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>
/// y = x + s · u, where u is uniform in [−1, 1) and s is a number of the row: NEFTune (Jain et al. 2023) on embeddings, with
/// s = α / √(L · C) for a sequence of L tokens. The noise is a function of the key: nothing is kept. y [T, C].
/// </summary>
/// <param name="x">[T, C].</param>
/// <param name="scales">s by row, T.</param>
/// <param name="key">Draws the noise.</param>
/// <param name="rowNumbers">Number of each row within the whole optimizer step; null counts from 0.</param>
public sealed class UniformNoise(Var x, float[] scales, RandomKey key, int[]? rowNumbers = null) : Op(x)
{
    /// <inheritdoc />
    public override void Forward(Tape t)
    {
        Outs = [new Var(t.New(x.Value.Rows, x.Value.Cols))];
        t.Backend.Pointwise.AddNoise(x.Value, scales, key, rowNumbers, Out.Value);
    }

    /// <summary>dx = dy, handed on and not copied.</summary>
    public override void Backward(Tape t) => t.PassGrad(Out, x);
}
