using System.Numerics;

namespace Attune.Engine.Backends;

/// <summary>Attention one query at a time, with all its probabilities at once. Rows outside every span are zero.</summary>
internal sealed class ReferenceAttention<T> : IAttentionKernels where T : unmanaged, IFloatingPointIeee754<T>
{
    public long Workspace(AttentionPlan plan, AttentionShape shape) => 0;

    public void Attention(Tensor q, Tensor k, Tensor v, AttentionPlan plan, AttentionShape shape, Tensor o, Tensor? lse, Tensor workspace)
    {
        Elements<T>.Scale(o, 0);
        if (lse is not null)
            Elements<T>.Scale(lse, 0);
        foreach (var (row, keyStart, keys, head) in Queries(plan, shape))
        {
            var d = shape.HeadSize;
            var keyHead = head / (shape.Heads / shape.KeyHeads) * d;
            var query = q.Row<T>(row).Slice(head * d, d);
            var scores = Scores(query, k, keyStart, keys, keyHead, shape);
            var (max, sum) = (T.NegativeInfinity, T.Zero);
            foreach (var s in scores)
                max = T.Max(max, s);
            foreach (var s in scores)
                sum += T.Exp(s - max);
            var result = o.Row<T>(row).Slice(head * d, d);
            for (var j = 0; j < keys; j++)
                for (var c = 0; c < d; c++)
                    result[c] += T.Exp(scores[j] - max) / sum * v.At<T>(keyStart + j, keyHead + c);
            if (lse is not null)
                lse.At<T>(head, row) = max + T.Log(sum);
        }
    }

    // P = exp(S − lse),  dP = dO·Vᵀ,  dS = P ∘ (dP − Σ dO∘O) ∘ cap′,  dQ = scale·dS·K,  dK = scale·dSᵀ·Q,  dV = Pᵀ·dO,
    // where cap′ = 1 − (S / c)² since S = c · tanh(·).
    public void AttentionBackward(Tensor dO, Tensor q, Tensor k, Tensor v, Tensor o, Tensor lse, AttentionPlan plan, AttentionShape shape,
        Tensor? dq, float betaQ, Tensor? dk, float betaK, Tensor? dv, float betaV, Tensor workspace)
    {
        foreach (var (target, beta) in new[] { (dq, betaQ), (dk, betaK), (dv, betaV) })
            if (target is not null)
                Elements<T>.Scale(target, beta);
        var scale = T.CreateTruncating(shape.Scale);
        foreach (var (row, keyStart, keys, head) in Queries(plan, shape))
        {
            var (d, queryHead) = (shape.HeadSize, head * shape.HeadSize);
            var keyHead = head / (shape.Heads / shape.KeyHeads) * d;
            var query = q.Row<T>(row).Slice(queryHead, d);
            var upstream = dO.Row<T>(row).Slice(queryHead, d);
            var result = o.Row<T>(row).Slice(queryHead, d);
            var scores = Scores(query, k, keyStart, keys, keyHead, shape);
            var inner = Dot(upstream, result);
            for (var j = 0; j < keys; j++)
            {
                var key = k.Row<T>(keyStart + j).Slice(keyHead, d);
                var p = T.Exp(scores[j] - lse.At<T>(head, row));
                var dS = p * (Dot(upstream, v.Row<T>(keyStart + j).Slice(keyHead, d)) - inner) * scale;
                if (shape.SoftCap > 0)
                    dS *= T.One - scores[j] * scores[j] / (T.CreateTruncating(shape.SoftCap) * T.CreateTruncating(shape.SoftCap));
                for (var c = 0; c < d; c++)
                {
                    if (dq is not null)
                        dq.At<T>(row, queryHead + c) += dS * key[c];
                    if (dk is not null)
                        dk.At<T>(keyStart + j, keyHead + c) += dS * query[c];
                    if (dv is not null)
                        dv.At<T>(keyStart + j, keyHead + c) += p * upstream[c];
                }
            }
        }
    }

    public void Turns(Tensor positions, Tensor frequencies, Tensor turns)
    {
        var half = frequencies.Cols;
        for (var t = 0; t < turns.Rows; t++)
            for (var i = 0; i < half; i++)
            {
                var angle = T.CreateTruncating(positions.At<int>(0, t)) * frequencies.At<T>(0, i);
                turns.At<T>(t, i) = T.Cos(angle);
                turns.At<T>(t, half + i) = T.Sin(angle);
            }
    }

    public void Rope(Tensor x, int headSize, Tensor turns, bool inverse)
    {
        var half = turns.Cols / 2;
        for (var t = 0; t < x.Rows; t++)
        {
            var row = x.Row<T>(t);
            for (var head = 0; head + headSize <= row.Length; head += headSize)
                for (var i = 0; i < half; i++)
                {
                    var (cos, sin) = (turns.At<T>(t, i), turns.At<T>(t, half + i));
                    sin = inverse ? -sin : sin;
                    var (first, second) = (row[head + i], row[head + half + i]);
                    row[head + i] = first * cos - second * sin;
                    row[head + half + i] = second * cos + first * sin;
                }
        }
    }

    /// <summary>Every query of every span and head that sees a key, with the first row of the keys that it sees and their number.</summary>
    private static IEnumerable<(int Row, int KeyStart, int Keys, int Head)> Queries(AttentionPlan plan, AttentionShape shape)
    {
        foreach (var span in plan.Spans)
            for (var i = 0; i < span.QueryLength; i++)
            {
                var position = span.KeyLength - span.QueryLength + i;
                var first = shape.FirstKey(position);
                for (var head = 0; head < shape.Heads && position >= 0; head++)
                    yield return (span.QueryStart + i, span.KeyStart + first, position - first + 1, head);
            }
    }

    private static T[] Scores(Span<T> query, Tensor k, int keyStart, int keys, int keyHead, AttentionShape shape)
    {
        var scores = new T[keys];
        var (scale, cap) = (T.CreateTruncating(shape.Scale), T.CreateTruncating(shape.SoftCap));
        for (var j = 0; j < keys; j++)
        {
            scores[j] = scale * Dot(query, k.Row<T>(keyStart + j).Slice(keyHead, query.Length));
            if (shape.SoftCap > 0)
                scores[j] = cap * T.Tanh(scores[j] / cap);
        }
        return scores;
    }

    private static T Dot(Span<T> a, Span<T> b)
    {
        var sum = T.Zero;
        for (var i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
