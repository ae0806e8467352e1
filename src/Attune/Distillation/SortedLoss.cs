using Attune.Engine.Autograd;
using Attune.Engine.Ops;

namespace Attune.Distillation;

/// <summary>
/// losses[i] = λ · labels_i + (1 − λ) · w_i · T² · D of the sorted probabilities p₍₁₎ ≥ p₍₂₎ ≥ … of the teacher and q₍₁₎ ≥ q₍₂₎ ≥ … of the
/// student's q = softmax(z_i / T): D = Σ over j ≤ K of |p₍ⱼ₎ − q₍ⱼ₎| + |r − Σ over j > K of q₍ⱼ₎|, r being the teacher's rest. Universal logit
/// distillation (Boizard et al. 2024): no token of the one vocabulary need be known to the other.
/// </summary>
/// <remarks>
/// Exactly the L1 distance of the paper where K covers the teacher's vocabulary (the shorter side is filled up with zeros), and by the
/// triangle inequality a lower bound of it where not. With s_j the sign of q₍ⱼ₎ − p₍ⱼ₎, the same for the rest, ∂D/∂z = q · (s − Σ s · q) / T.
/// </remarks>
/// <param name="labels">What learns from the data's own targets.</param>
/// <param name="source">The teacher's side.</param>
/// <param name="rows">The source's row of each trained row of the pass.</param>
/// <param name="labelWeight">λ, from 0 to 1.</param>
internal sealed class SortedLoss(ITokenLoss labels, ISortedSource source, long[] rows, float labelWeight) : ITokenLoss
{
    private readonly LogitsHeader header = source.Header;
    private readonly byte[] buffer = new byte[source.Header.RowBytes];
    private readonly float[] logs = new float[source.Header.Kept], own = new float[source.Header.Kept];
    private readonly int[] ids = new int[source.Header.Kept];

    /// <inheritdoc />
    public void Run(Tape t, LossRows pass)
    {
        var (count, weight) = (pass.Logits.Rows, 1 - labelWeight);
        using var memory = t.Scratch(pass.Capacity, pass.Logits.Cols);
        using var more = t.Scratch(1, pass.Capacity);
        using var ones = t.Scratch(1, pass.Capacity);
        var (q, losses) = (memory.Value.RowRange(0, count), more.Value.ColRange(0, count));
        t.Backend.Pointwise.AddScaled(pass.Logits, 1 / header.Temperature, q, 0);
        t.Backend.Pointwise.Fill(ones.Value, 1);
        // The gradient of a cross-entropy is softmax, less 1 at the target.
        t.Backend.Loss.CrossEntropy(q, pass.Targets, ones.Value.ColRange(0, count), 1, losses, gradients: true);
        for (var i = 0; i < count && !t.Arena.IsPretend; i++)
        {
            var row = q.Row<float>(i);
            row[pass.Targets.Row<int>(0)[i]] += 1;
            var scale = pass.Weights.Row<float>(0)[i] * header.Temperature * header.Temperature;
            losses.Row<float>(0)[i] = scale * Distance(row, rows[pass.First + i], pass.Scale * weight * scale / header.Temperature);
        }
        if (labelWeight > 0)
            labels.Run(t, pass with { Scale = pass.Scale * labelWeight });
        else if (pass.Gradients)
            t.Backend.Pointwise.Fill(pass.Logits, 0);
        t.Backend.Pointwise.AddScaled(losses, weight, pass.Losses, labelWeight);
        if (pass.Gradients)
            t.Backend.Pointwise.AddScaled(q, 1, pass.Logits, 1);
    }

    // D of one row, whose probabilities become `factor` · T · ∂D/∂z. A row without a counterpart is at no distance.
    private float Distance(Span<float> q, long row, float factor)
    {
        var rest = source.Read(row, buffer, ids, logs);
        if (rest < 0)
        {
            q.Clear();
            return 0;
        }
        var known = TopTokens.Select(q, own, ids);
        double distance = 0, mean = 0, top = 0;
        for (var j = 0; j < logs.Length; j++)
        {
            var (p, mine) = (MathF.Exp(logs[j]), j < known ? own[j] : 0);
            distance += Math.Abs(p - mine);
            top += mine;
            // From here on the sign stands where the logarithm stood.
            logs[j] = MathF.Sign(mine - p);
            mean += logs[j] * (double)mine;
        }
        var others = known < q.Length ? Math.Max(0, 1 - top) : 0;
        var sign = (float)Math.Sign(others - rest);
        mean += sign * others;
        for (var k = 0; k < q.Length; k++)
            q[k] *= factor * (sign - (float)mean);
        for (var j = 0; j < known; j++)
            q[ids[j]] = own[j] * factor * (logs[j] - (float)mean);
        return (float)(distance + Math.Abs(others - rest));
    }
}
