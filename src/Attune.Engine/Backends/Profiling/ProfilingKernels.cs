namespace Attune.Engine.Backends;

/// <summary>
/// Every kernel with a watch around it. What a call has to do is said here and nowhere else: operations of products, and each operand
/// read and each result written once (a target that is added to is read too).
/// </summary>
internal sealed class ProfilingKernels(Backend inner, KernelProfile profile, bool countTiles) : IAllKernels
{
    public long Workspace(int m, int n, int k, bool transposeA) => inner.Matrix.Workspace(m, n, k, transposeA);

    public long Workspace(AttentionPlan plan, AttentionShape shape) => inner.Attention.Workspace(plan, shape);

    public void Product(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta, Tensor workspace)
    {
        var watch = Begin();
        inner.Matrix.Product(a, transposeA, b, transposeB, c, alpha, beta, workspace);
        var k = transposeA ? a.Rows : a.Cols;
        var format = b.Type == inner.Activation ? "" : $" {b.Type}";
        watch.End(
            nameof(Product), $"{c.Rows}×{k}{(transposeA ? "ᵀ" : "")}·{k}×{c.Cols}{(transposeB ? "ᵀ" : "")}{format}",
            new KernelWork(2.0 * c.Rows * c.Cols * k, a.Bytes + b.Bytes, 0) + Out(c, beta));
    }

    public void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y, Tensor? rstd)
    {
        var watch = Begin();
        inner.Norms.RmsNorm(x, weight, epsilon, y, rstd);
        watch.End(nameof(RmsNorm), Of(x), In(x) + Out(y));
    }

    public void RmsNormBackward(Tensor dy, Tensor x, Tensor weight, Tensor rstd, Tensor? dx, float betaX, Tensor? dWeight, float betaW)
    {
        var watch = Begin();
        inner.Norms.RmsNormBackward(dy, x, weight, rstd, dx, betaX, dWeight, betaW);
        watch.End(nameof(RmsNormBackward), Of(x), In(dy, x) + Out(dx, betaX) + Out(dWeight, betaW));
    }

    public void LayerNorm(Tensor x, Tensor weight, Tensor? bias, float epsilon, Tensor y, Tensor? mean, Tensor? rstd)
    {
        var watch = Begin();
        inner.Norms.LayerNorm(x, weight, bias, epsilon, y, mean, rstd);
        watch.End(nameof(LayerNorm), Of(x), In(x) + Out(y));
    }

    public void LayerNormBackward(Tensor dy, Tensor x, Tensor weight, Tensor mean, Tensor rstd,
        Tensor? dx, float betaX, Tensor? dWeight, float betaW, Tensor? dBias, float betaB)
    {
        var watch = Begin();
        inner.Norms.LayerNormBackward(dy, x, weight, mean, rstd, dx, betaX, dWeight, betaW, dBias, betaB);
        watch.End(nameof(LayerNormBackward), Of(x), In(dy, x) + Out(dx, betaX) + Out(dWeight, betaW) + Out(dBias, betaB));
    }

    public void LowRankNorms(Tensor squares, Tensor b, Tensor h, Tensor norms)
    {
        var watch = Begin();
        inner.Norms.LowRankNorms(squares, b, h, norms);
        watch.End(nameof(LowRankNorms), Of(b), In(b, h, squares) + Out(norms));
    }

    public void Attention(Tensor q, Tensor k, Tensor v, AttentionPlan plan, AttentionShape shape, Tensor o, Tensor? lse, Tensor workspace)
    {
        var watch = Begin();
        inner.Attention.Attention(q, k, v, plan, shape, o, lse, workspace);
        // Two products, q·kᵀ and p·v.
        watch.End(nameof(Attention), Of(plan, shape), new KernelWork(4 * Pairs(plan, shape), 0, 0) + In(q, k, v) + Out(o));
    }

    public void AttentionBackward(Tensor dO, Tensor q, Tensor k, Tensor v, Tensor o, Tensor lse, AttentionPlan plan, AttentionShape shape,
        Tensor? dq, float betaQ, Tensor? dk, float betaK, Tensor? dv, float betaV, Tensor workspace)
    {
        var watch = Begin();
        inner.Attention.AttentionBackward(dO, q, k, v, o, lse, plan, shape, dq, betaQ, dk, betaK, dv, betaV, workspace);
        // Five products: the scores again, dp, dv, dq, dk.
        watch.End(
            nameof(AttentionBackward), Of(plan, shape),
            new KernelWork(10 * Pairs(plan, shape), 0, 0) + In(dO, q, k, v, o) + Out(dq, betaQ) + Out(dk, betaK) + Out(dv, betaV));
    }

    public void Turns(Tensor positions, Tensor frequencies, Tensor turns)
    {
        var watch = Begin();
        inner.Attention.Turns(positions, frequencies, turns);
        watch.End(nameof(Turns), Of(turns), Out(turns));
    }

    public void Rope(Tensor x, int headSize, Tensor turns, bool inverse)
    {
        var watch = Begin();
        inner.Attention.Rope(x, headSize, turns, inverse);
        watch.End(nameof(Rope), Of(x), Out(x, 1));
    }

    public void Fill(Tensor x, float value)
    {
        var watch = Begin();
        inner.Pointwise.Fill(x, value);
        watch.End(nameof(Fill), Of(x), Out(x));
    }

    public void AddScaled(Tensor x, float alpha, Tensor y, float beta)
    {
        var watch = Begin();
        inner.Pointwise.AddScaled(x, alpha, y, beta);
        watch.End(nameof(AddScaled), Of(x), In(x) + Out(y, beta));
    }

    public void Add(Tensor a, Tensor b, Tensor y)
    {
        var watch = Begin();
        inner.Pointwise.Add(a, b, y);
        watch.End(nameof(Add), Of(y), In(a, b) + Out(y));
    }

    public void AddBias(Tensor x, Tensor bias)
    {
        var watch = Begin();
        inner.Pointwise.AddBias(x, bias);
        watch.End(nameof(AddBias), Of(x), Out(x, 1));
    }

    public void SumRows(Tensor x, Tensor sum, float beta)
    {
        var watch = Begin();
        inner.Pointwise.SumRows(x, sum, beta);
        watch.End(nameof(SumRows), Of(x), In(x) + Out(sum, beta));
    }

    public void ScaleColumns(Tensor x, Tensor? scale, Tensor? divisor, Tensor y, float beta)
    {
        var watch = Begin();
        inner.Pointwise.ScaleColumns(x, scale, divisor, y, beta);
        watch.End(nameof(ScaleColumns), Of(x), In(x) + Out(y, beta));
    }

    public void DotColumns(Tensor a, Tensor b, Tensor sum, float beta)
    {
        var watch = Begin();
        inner.Pointwise.DotColumns(a, b, sum, beta);
        watch.End(nameof(DotColumns), Of(a), In(a, b) + Out(sum, beta));
    }

    public void Activate(Activation f, Tensor x, Tensor y)
    {
        var watch = Begin();
        inner.Pointwise.Activate(f, x, y);
        watch.End(nameof(Activate), Of(x), In(x) + Out(y));
    }

    public void ActivateBackward(Activation f, Tensor dy, Tensor x, Tensor dx, float beta)
    {
        var watch = Begin();
        inner.Pointwise.ActivateBackward(f, dy, x, dx, beta);
        watch.End(nameof(ActivateBackward), Of(x), In(dy, x) + Out(dx, beta));
    }

    public void Gate(Activation f, Tensor gate, Tensor up, Tensor y)
    {
        var watch = Begin();
        inner.Pointwise.Gate(f, gate, up, y);
        watch.End(nameof(Gate), Of(y), In(gate, up) + Out(y));
    }

    public void GateBackward(Activation f, Tensor dy, Tensor gate, Tensor up, Tensor? dGate, float betaGate, Tensor? dUp, float betaUp)
    {
        var watch = Begin();
        inner.Pointwise.GateBackward(f, dy, gate, up, dGate, betaGate, dUp, betaUp);
        watch.End(nameof(GateBackward), Of(dy), In(dy, gate, up) + Out(dGate, betaGate) + Out(dUp, betaUp));
    }

    public void Dropout(Tensor x, float p, RandomKey key, int[]? rowNumbers, Tensor y, float beta)
    {
        var watch = Begin();
        inner.Pointwise.Dropout(x, p, key, rowNumbers, y, beta);
        watch.End(nameof(Dropout), Of(x), In(x) + Out(y, beta));
    }

    public void AddNoise(Tensor x, float[] scales, RandomKey key, int[]? rowNumbers, Tensor y)
    {
        var watch = Begin();
        inner.Pointwise.AddNoise(x, scales, key, rowNumbers, y);
        watch.End(nameof(AddNoise), Of(x), In(x) + Out(y));
    }

    public void Gather(Tensor table, Tensor rows, Tensor y)
    {
        var watch = Begin();
        inner.Index.Gather(table, rows, y);
        watch.End(nameof(Gather), Of(y), new KernelWork(0, table.Type.Bytes(y.Count), 0) + Out(y));
    }

    public void ScatterAdd(Tensor x, Tensor rows, Tensor table)
    {
        var watch = Begin();
        inner.Index.ScatterAdd(x, rows, table);
        watch.End(nameof(ScatterAdd), Of(x), In(x) + new KernelWork(0, x.Bytes, x.Bytes));
    }

    public void CrossEntropy(Tensor logits, Tensor targets, Tensor weights, float scale, Tensor losses, bool gradients, float smoothing)
    {
        var watch = Begin();
        inner.Loss.CrossEntropy(logits, targets, weights, scale, losses, gradients, smoothing);
        watch.End(nameof(CrossEntropy), Of(logits), gradients ? Out(logits, 1) : In(logits));
    }

    public void Divergence(
        Tensor logits, Tensor teacher, Tensor weights, Divergence divergence, float temperature, float scale, Tensor losses, bool gradients)
    {
        var watch = Begin();
        inner.Loss.Divergence(logits, teacher, weights, divergence, temperature, scale, losses, gradients);
        watch.End(nameof(Divergence), Of(logits), In(logits) + (gradients ? Out(teacher, 1) : In(teacher)));
    }

    public void Distance(Tensor rows, Tensor targets, Tensor weights, RowDistance distance, float scale, Tensor losses, bool gradients)
    {
        var watch = Begin();
        inner.Loss.Distance(rows, targets, weights, distance, scale, losses, gradients);
        watch.End(nameof(Distance), Of(rows), In(targets) + (gradients ? Out(rows, 1) : In(rows)));
    }

    public double SumOfSquares(Tensor x)
    {
        var watch = Begin();
        var sum = inner.Optimizer.SumOfSquares(x);
        watch.End(nameof(SumOfSquares), Of(x), In(x));
        return sum;
    }

    public double Sum(Tensor x)
    {
        var watch = Begin();
        var sum = inner.Optimizer.Sum(x);
        watch.End(nameof(Sum), Of(x), In(x));
        return sum;
    }

    public void AdamW(Tensor weights, Tensor gradients, Tensor m, Tensor v, in AdamWStep step)
    {
        var watch = Begin();
        inner.Optimizer.AdamW(weights, gradients, m, v, step);
        watch.End(nameof(AdamW), Of(weights), In(gradients) + Out(weights, 1) + Out(m, 1) + Out(v, 1));
    }

    public void AdamW8(Tensor weights, Tensor gradients, ByteMoments moments, in AdamWStep step)
    {
        var watch = Begin();
        inner.Optimizer.AdamW8(weights, gradients, moments, step);
        watch.End(nameof(AdamW8), Of(weights), In(gradients) + Out(weights, 1) + Out(moments.M, 1) + Out(moments.V, 1));
    }

    private KernelWatch Begin() => KernelWatch.Begin(profile, countTiles);

    private static string Of(Tensor x) => $"{x.Rows}×{x.Cols}";

    private static string Of(AttentionPlan plan, AttentionShape shape) =>
        $"{plan.QueryRows} in {plan.Spans.Count} texts, {shape.Heads}×{shape.HeadSize}";

    private static KernelWork In(params ReadOnlySpan<Tensor> operands)
    {
        double bytes = 0;
        foreach (var x in operands)
            bytes += x.Bytes;
        return new KernelWork(0, bytes, 0);
    }

    private static KernelWork Out(Tensor? result, float beta = 0) =>
        result is null ? default : new KernelWork(0, beta == 0 ? 0 : result.Bytes, result.Bytes);

    // Multiply-adds that one product over all heads takes, for the pairs of query and key that see each other.
    private static double Pairs(AttentionPlan plan, AttentionShape shape)
    {
        double pairs = 0;
        foreach (var span in plan.Spans)
        {
            for (var position = span.KeyLength - span.QueryLength; position < span.KeyLength; position++)
                pairs += position + 1 - shape.FirstKey(position);
        }
        return pairs * shape.Heads * shape.HeadSize;
    }
}
