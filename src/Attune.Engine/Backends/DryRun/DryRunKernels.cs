namespace Attune.Engine.Backends;

/// <summary>Kernels that only know how much workspace the real ones would take; their tensors may have no memory behind them.</summary>
internal sealed class DryRunKernels(Backend like) : IAllKernels
{
    public long Workspace(int m, int n, int k, bool transposeA) => like.Matrix.Workspace(m, n, k, transposeA);

    public long Workspace(AttentionPlan plan, AttentionShape shape) => like.Attention.Workspace(plan, shape);

    public void Product(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta, Tensor workspace) { }

    public void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y, Tensor? rstd) { }

    public void RmsNormBackward(Tensor dy, Tensor x, Tensor weight, Tensor rstd, Tensor? dx, float betaX, Tensor? dWeight, float betaW) { }

    public void LayerNorm(Tensor x, Tensor weight, Tensor? bias, float epsilon, Tensor y, Tensor? mean, Tensor? rstd) { }

    public void LayerNormBackward(Tensor dy, Tensor x, Tensor weight, Tensor mean, Tensor rstd,
        Tensor? dx, float betaX, Tensor? dWeight, float betaW, Tensor? dBias, float betaB)
    { }

    public void LowRankNorms(Tensor squares, Tensor b, Tensor h, Tensor norms) { }

    public void Attention(Tensor q, Tensor k, Tensor v, AttentionPlan plan, AttentionShape shape, Tensor o, Tensor? lse, Tensor workspace) { }

    public void AttentionBackward(Tensor dO, Tensor q, Tensor k, Tensor v, Tensor o, Tensor lse, AttentionPlan plan, AttentionShape shape,
        Tensor? dq, float betaQ, Tensor? dk, float betaK, Tensor? dv, float betaV, Tensor workspace)
    { }

    public void Turns(Tensor positions, Tensor frequencies, Tensor turns) { }

    public void Rope(Tensor x, int headSize, Tensor turns, bool inverse) { }

    public void Fill(Tensor x, float value) { }

    public void AddScaled(Tensor x, float alpha, Tensor y, float beta) { }

    public void Add(Tensor a, Tensor b, Tensor y) { }

    public void AddBias(Tensor x, Tensor bias) { }

    public void SumRows(Tensor x, Tensor sum, float beta) { }

    public void ScaleColumns(Tensor x, Tensor? scale, Tensor? divisor, Tensor y, float beta) { }

    public void DotColumns(Tensor a, Tensor b, Tensor sum, float beta) { }

    public void Activate(Activation f, Tensor x, Tensor y) { }

    public void ActivateBackward(Activation f, Tensor dy, Tensor x, Tensor dx, float beta) { }

    public void Gate(Activation f, Tensor gate, Tensor up, Tensor y) { }

    public void GateBackward(Activation f, Tensor dy, Tensor gate, Tensor up, Tensor? dGate, float betaGate, Tensor? dUp, float betaUp) { }

    public void Dropout(Tensor x, float p, RandomKey key, int[]? rowNumbers, Tensor y, float beta) { }

    public void AddNoise(Tensor x, float[] scales, RandomKey key, int[]? rowNumbers, Tensor y) { }

    public void Gather(Tensor table, Tensor rows, Tensor y) { }

    public void ScatterAdd(Tensor x, Tensor rows, Tensor table) { }

    public void CrossEntropy(Tensor logits, Tensor targets, Tensor weights, float scale, Tensor losses, bool gradients, float smoothing) { }

    public void Divergence(
        Tensor logits, Tensor teacher, Tensor weights, Divergence divergence, float temperature, float scale, Tensor losses, bool gradients)
    { }

    public void Distance(Tensor rows, Tensor targets, Tensor weights, RowDistance distance, float scale, Tensor losses, bool gradients) { }

    public double SumOfSquares(Tensor x) => 0;

    public double Sum(Tensor x) => 0;

    public void AdamW(Tensor weights, Tensor gradients, Tensor m, Tensor v, in AdamWStep step) { }

    public void AdamW8(Tensor weights, Tensor gradients, ByteMoments moments, in AdamWStep step) { }
}
