namespace Attune.Engine.Backends;

/// <summary>Runs kernels over tensors. Operations name what is to be computed; a backend decides how, on how many threads.</summary>
/// <remarks>
/// Every method is deterministic: the order of every sum depends on the shapes alone, never on the number of threads.
/// A factor β of 0 means that the target is overwritten and not read.
/// </remarks>
public abstract class Backend
{
    /// <summary>A short name for messages and manifests.</summary>
    public abstract string Name { get; }

    /// <summary>Element type of activations and gradients.</summary>
    public abstract DType Activation { get; }

    /// <summary>Matrix products.</summary>
    public abstract IMatrixKernels Matrix { get; }

    /// <summary>Normalisations over rows.</summary>
    public abstract INormKernels Norms { get; }

    /// <summary>Attention and rotary positions.</summary>
    public abstract IAttentionKernels Attention { get; }

    /// <summary>Work on elements.</summary>
    public abstract IPointwiseKernels Pointwise { get; }

    /// <summary>Rows taken and given by index.</summary>
    public abstract IIndexKernels Index { get; }

    /// <summary>Losses over logits.</summary>
    public abstract ILossKernels Loss { get; }

    /// <summary>Updates of weights.</summary>
    public abstract IOptimizerKernels Optimizer { get; }
}

/// <summary>Matrix products.</summary>
public interface IMatrixKernels
{
    /// <summary>Bytes of workspace that <see cref="Product"/> wants for these shapes: C[m, n] with a sum over k.</summary>
    /// <param name="m">Rows of the result.</param>
    /// <param name="n">Columns of the result.</param>
    /// <param name="k">Length of the sum.</param>
    long Workspace(int m, int n, int k);

    /// <summary>C = α · op(A) · op(B) + β · C, accumulated in the activation type.</summary>
    /// <param name="a">A: [m, k], or [k, m] if <paramref name="transposeA"/>; activations.</param>
    /// <param name="transposeA">Whether A is stored transposed.</param>
    /// <param name="b">B: [k, n], or [n, k] if <paramref name="transposeB"/>; activations, or a weight in any weight format.</param>
    /// <param name="transposeB">Whether B is stored transposed (a linear layer's weight is [out, in]).</param>
    /// <param name="c">C: [m, n], activations.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="beta">Factor of what C held before.</param>
    /// <param name="workspace">At least <see cref="Workspace"/> bytes.</param>
    void Product(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta, Tensor workspace);
}

/// <summary>Normalisations over rows. T tokens, C channels.</summary>
public interface INormKernels
{
    /// <summary>y = x · w / √(mean(x²) + ε), row by row (Zhang and Sennrich 2019).</summary>
    /// <param name="x">[T, C].</param>
    /// <param name="weight">[1, C], any weight format.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="y">[T, C].</param>
    /// <param name="rstd">[1, T] or null: 1 / √(mean(x²) + ε) for backward.</param>
    void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y, Tensor? rstd);

    /// <summary>Gradients of <see cref="RmsNorm"/>. dw is summed over rows in fixed blocks.</summary>
    /// <param name="dy">[T, C].</param>
    /// <param name="x">[T, C].</param>
    /// <param name="weight">[1, C].</param>
    /// <param name="rstd">[1, T].</param>
    /// <param name="dx">[T, C] or null; βx of it is kept.</param>
    /// <param name="betaX">β for dx.</param>
    /// <param name="dWeight">[1, C] or null; βw of it is kept.</param>
    /// <param name="betaW">β for dw.</param>
    void RmsNormBackward(Tensor dy, Tensor x, Tensor weight, Tensor rstd, Tensor? dx, float betaX, Tensor? dWeight, float betaW);

    /// <summary>y = (x − mean(x)) / √(var(x) + ε) · w + b, row by row (Ba et al. 2016), population variance.</summary>
    /// <param name="x">[T, C].</param>
    /// <param name="weight">[1, C].</param>
    /// <param name="bias">[1, C] or null.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="y">[T, C].</param>
    /// <param name="mean">[1, T] or null: for backward.</param>
    /// <param name="rstd">[1, T] or null: for backward.</param>
    void LayerNorm(Tensor x, Tensor weight, Tensor? bias, float epsilon, Tensor y, Tensor? mean, Tensor? rstd);

    /// <summary>Gradients of <see cref="LayerNorm"/>.</summary>
    /// <param name="dy">[T, C].</param>
    /// <param name="x">[T, C].</param>
    /// <param name="weight">[1, C].</param>
    /// <param name="mean">[1, T].</param>
    /// <param name="rstd">[1, T].</param>
    /// <param name="dx">[T, C] or null.</param>
    /// <param name="betaX">β for dx.</param>
    /// <param name="dWeight">[1, C] or null.</param>
    /// <param name="betaW">β for dw.</param>
    /// <param name="dBias">[1, C] or null.</param>
    /// <param name="betaB">β for db.</param>
    void LayerNormBackward(Tensor dy, Tensor x, Tensor weight, Tensor mean, Tensor rstd,
        Tensor? dx, float betaX, Tensor? dWeight, float betaW, Tensor? dBias, float betaB);
}

/// <summary>Attention and rotary positions. H heads, G key/value heads, D head size.</summary>
public interface IAttentionKernels
{
    /// <summary>Bytes of workspace for both directions.</summary>
    long Workspace(AttentionPlan plan, AttentionShape shape);

    /// <summary>
    /// o = softmax(cap(scale · q·kᵀ)) · v per head and sequence, causal and within the window, in blocks with a running softmax (Dao
    /// 2023): nothing of size T × T. Blocks outside the window cost nothing.
    /// </summary>
    /// <param name="q">[T, H·D].</param>
    /// <param name="k">[S, G·D]; S = T in training, or the cache's rows.</param>
    /// <param name="v">[S, G·D].</param>
    /// <param name="plan">Which rows see which.</param>
    /// <param name="shape">Heads, scale, window and soft-cap.</param>
    /// <param name="o">[T, H·D].</param>
    /// <param name="lse">[H, T] or null: log of the sum of exponentials, natural base, for backward.</param>
    /// <param name="workspace">At least <see cref="Workspace"/> bytes.</param>
    void Attention(Tensor q, Tensor k, Tensor v, AttentionPlan plan, AttentionShape shape, Tensor o, Tensor? lse, Tensor workspace);

    /// <summary>Gradients of <see cref="Attention"/>, added to βq·dq, βk·dk, βv·dv; a null target is not computed.</summary>
    void AttentionBackward(Tensor dO, Tensor q, Tensor k, Tensor v, Tensor o, Tensor lse, AttentionPlan plan, AttentionShape shape,
        Tensor? dq, float betaQ, Tensor? dk, float betaK, Tensor? dv, float betaV, Tensor workspace);

    /// <summary>
    /// Rotates, in place, the pairs (i, i + D/2) of every head of every row by position · frequency i (Su et al. 2021, the half-split
    /// layout of Hugging Face).
    /// </summary>
    /// <param name="x">[T, heads·D].</param>
    /// <param name="headSize">D; where it is larger than twice the number of frequencies, the rest of each head is left alone.</param>
    /// <param name="positions">[1, T] I32.</param>
    /// <param name="frequencies">[1, D/2] angles a position turns by, in the activation type.</param>
    /// <param name="attentionFactor">Factor of cosine and sine; 1 but for some scalings.</param>
    /// <param name="inverse">Rotate back: the gradient.</param>
    void Rope(Tensor x, int headSize, Tensor positions, Tensor frequencies, float attentionFactor, bool inverse);
}

/// <summary>Work on elements. All tensors of one call have one shape unless said otherwise.</summary>
public interface IPointwiseKernels
{
    /// <summary>x = value.</summary>
    void Fill(Tensor x, float value);

    /// <summary>y = α · x + β · y; x and y may be of different floating types (then this converts).</summary>
    void AddScaled(Tensor x, float alpha, Tensor y, float beta);

    /// <summary>y = a + b; y may be a or b.</summary>
    void Add(Tensor a, Tensor b, Tensor y);

    /// <summary>x += bias in every row.</summary>
    /// <param name="x">[T, C].</param>
    /// <param name="bias">[1, C], any weight format.</param>
    void AddBias(Tensor x, Tensor bias);

    /// <summary>sum = Σ rows of x + β · sum, in fixed blocks of rows.</summary>
    /// <param name="x">[T, C].</param>
    /// <param name="sum">[1, C].</param>
    /// <param name="beta">β.</param>
    void SumRows(Tensor x, Tensor sum, float beta);

    /// <summary>y = f(x).</summary>
    void Activate(Activation f, Tensor x, Tensor y);

    /// <summary>dx = dy · f′(x) + β · dx.</summary>
    void ActivateBackward(Activation f, Tensor dy, Tensor x, Tensor dx, float beta);

    /// <summary>y = f(gate) · up (Shazeer 2020).</summary>
    void Gate(Activation f, Tensor gate, Tensor up, Tensor y);

    /// <summary>dgate = dy · up · f′(gate) + βg · dgate; dup = dy · f(gate) + βu · dup; a null target is not computed.</summary>
    void GateBackward(Activation f, Tensor dy, Tensor gate, Tensor up, Tensor? dGate, float betaGate, Tensor? dUp, float betaUp);

    /// <summary>
    /// y = mask · x / (1 − p) + β · y, where mask(row, channel) is a pure function of the key: number c mod 4 of
    /// <c>key.Draw(number of the row, c / 4)</c>, kept where it is at least p · 2³².
    /// </summary>
    /// <param name="x">[T, C].</param>
    /// <param name="p">Share that is dropped, in [0, 1).</param>
    /// <param name="key">Draws the mask.</param>
    /// <param name="rowNumbers">Number of each row within the whole optimizer step, T of them; null counts from 0.</param>
    /// <param name="y">[T, C]; may be x.</param>
    /// <param name="beta">β.</param>
    void Dropout(Tensor x, float p, RandomKey key, int[]? rowNumbers, Tensor y, float beta);
}

/// <summary>Functions of one number.</summary>
public enum Activation
{
    /// <summary>x · σ(x) (Elfwing et al. 2017).</summary>
    Silu,

    /// <summary>x · Φ(x), with the error function (Hendrycks and Gimpel 2016).</summary>
    Gelu,

    /// <summary>GELU by tanh: 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))).</summary>
    GeluTanh,
}

/// <summary>Rows taken and given by index.</summary>
public interface IIndexKernels
{
    /// <summary>y[i] = table[rows[i]].</summary>
    /// <param name="table">[V, C], any weight format.</param>
    /// <param name="rows">[1, n] I32, each in 0 … V − 1 (checked).</param>
    /// <param name="y">[n, C].</param>
    void Gather(Tensor table, Tensor rows, Tensor y);

    /// <summary>table[rows[i]] += x[i], repeated rows added in the order of i; cut by table row, so that any number of threads adds alike.</summary>
    /// <param name="x">[n, C].</param>
    /// <param name="rows">[1, n] I32.</param>
    /// <param name="table">[V, C].</param>
    void ScatterAdd(Tensor x, Tensor rows, Tensor table);
}

/// <summary>Losses over logits.</summary>
public interface ILossKernels
{
    /// <summary>
    /// Cross-entropy per row, times the row's weight: losses[i] = w_i · (logsumexp(z_i) − z_i[target]); and, where
    /// <paramref name="gradients"/>, z_i becomes scale · w_i · (softmax(z_i) − onehot(target)). Targets are checked.
    /// </summary>
    /// <param name="logits">[n, V], overwritten where gradients are asked for.</param>
    /// <param name="targets">[1, n] I32.</param>
    /// <param name="weights">[1, n] in the activation type.</param>
    /// <param name="scale">Factor of the gradient: 1 / number of trained tokens of the step.</param>
    /// <param name="losses">[1, n] in the activation type.</param>
    /// <param name="gradients">Whether to overwrite the logits.</param>
    void CrossEntropy(Tensor logits, Tensor targets, Tensor weights, float scale, Tensor losses, bool gradients);
}

/// <summary>Updates of weights. Buckets are single rows.</summary>
public interface IOptimizerKernels
{
    /// <summary>Σ x², accumulated in F64 over fixed blocks; 0 on pretended memory.</summary>
    double SumOfSquares(Tensor x);

    /// <summary>Σ x, accumulated in F64 over fixed blocks; 0 on pretended memory.</summary>
    double Sum(Tensor x);

    /// <summary>
    /// One step of AdamW (Loshchilov and Hutter 2019) in one pass: g ← gradientScale · g; m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²;
    /// w ← w − lr·decay·w − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε).
    /// </summary>
    void AdamW(Tensor weights, Tensor gradients, Tensor m, Tensor v, in AdamWStep step);
}

/// <summary>Numbers of one AdamW step.</summary>
/// <param name="LearningRate">lr.</param>
/// <param name="Beta1">β₁.</param>
/// <param name="Beta2">β₂.</param>
/// <param name="Epsilon">ε.</param>
/// <param name="WeightDecay">Decoupled decay.</param>
/// <param name="Step">t, from 1.</param>
/// <param name="GradientScale">Clipping factor.</param>
public readonly record struct AdamWStep(
    float LearningRate, float Beta1, float Beta2, float Epsilon, float WeightDecay, int Step, float GradientScale);
