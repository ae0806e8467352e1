using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Ops;
using Attune.Models;

namespace Attune.Adapters;

/// <summary>
/// Norms of the rows of W + s·B·A, one per output of a layer, without making that matrix: with H = 2s·A·Wᵀ + s²·(A·Aᵀ)·Bᵀ a row's squared norm is
/// ‖wⱼ‖² + Σᵣ B[j, r]·H[r, j]. Kept until A or B change, so that generation does not pay for it at every token.
/// </summary>
/// <param name="layer">W, frozen, in any weight format.</param>
/// <param name="term">A, B and s.</param>
internal sealed class AdaptedNorms(Linear layer, LowRankTerm term)
{
    private readonly Lock gate = new();
    private Tensor? squares, norms;
    private (long A, long B) known = (-1, -1);

    /// <summary>Bytes beside weights and arena: squared norms of W, and norms.</summary>
    public long Bytes => 2L * layer.Out * sizeof(float);

    /// <summary>The norms, [1, out], in the activation type; on pretended memory without values.</summary>
    public Tensor Of(Tape t)
    {
        lock (gate)
        {
            var type = t.Backend.Activation;
            if (t.Arena.IsPretend)
            {
                var pretended = Tensor.Over(Storage.Pretend(), 0, type, 1, layer.Out);
                if (known != (term.A.Version, term.B.Version))
                    Compute(t, pretended, pretended);
                return pretended;
            }
            if (norms?.Type == type && known == (term.A.Version, term.B.Version))
                return norms;
            if (norms?.Type != type)
                (squares, norms) = (Squares(type), Tensor.Allocate(type, 1, layer.Out));
            Compute(t, squares!, norms);
            known = (term.A.Version, term.B.Version);
            return norms;
        }
    }

    private void Compute(Tape t, Tensor of, Tensor to)
    {
        var (a, b) = (term.A.Value, term.B.Value);
        using var h = t.Scratch(a.Rows, layer.Out);
        using var gram = t.Scratch(a.Rows, a.Rows);
        // Unrounded operands: what is off here would scale whole outputs.
        t.ExactProduct(a, false, layer.Weight.Value, !layer.ByInputs, h.Value, 2 * term.Scale);
        t.ExactProduct(a, false, a, true, gram.Value);
        t.ExactProduct(gram.Value, false, b, true, h.Value, term.Scale * term.Scale, 1);
        t.Backend.Norms.LowRankNorms(of, b, h.Value, to);
    }

    private Tensor Squares(DType type)
    {
        var weight = layer.Weight.Value;
        var sums = new double[layer.Out];
        var row = new float[weight.Cols];
        for (var r = 0; r < weight.Rows; r++)
        {
            WeightEncoder.Widen(weight, r, row);
            for (var c = 0; c < row.Length; c++)
                sums[layer.ByInputs ? c : r] += (double)row[c] * row[c];
        }
        var made = Tensor.Allocate(type, 1, layer.Out);
        if (type == DType.F64)
            sums.CopyTo(made.Row<double>(0));
        else
            made.Write(Array.ConvertAll(sums, static s => (float)s));
        return made;
    }
}
