using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>Normalisations, cut by rows; gradients of weights cut by columns, and computed before dx may overwrite dy.</summary>
internal sealed unsafe class Norms<L, V>(int threads) : INormKernels where L : struct, ILane<V> where V : unmanaged
{
    /// <inheritdoc />
    public void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y, Tensor? rstd) =>
        Forward(x, weight, null, epsilon, y, null, rstd, centered: false);

    /// <inheritdoc />
    public void RmsNormBackward(Tensor dy, Tensor x, Tensor weight, Tensor rstd, Tensor? dx, float betaX, Tensor? dWeight, float betaW) =>
        Backward(dy, x, weight, null, rstd, dx, betaX, dWeight, betaW, null, 0);

    /// <inheritdoc />
    public void LayerNorm(Tensor x, Tensor weight, Tensor? bias, float epsilon, Tensor y, Tensor? mean, Tensor? rstd) =>
        Forward(x, weight, bias, epsilon, y, mean, rstd, centered: true);

    /// <inheritdoc />
    public void LayerNormBackward(Tensor dy, Tensor x, Tensor weight, Tensor mean, Tensor rstd,
        Tensor? dx, float betaX, Tensor? dWeight, float betaW, Tensor? dBias, float betaB) =>
        Backward(dy, x, weight, mean, rstd, dx, betaX, dWeight, betaW, dBias, betaB);

    /// <inheritdoc />
    public void LowRankNorms(Tensor squares, Tensor b, Tensor h, Tensor norms)
    {
        Check.Cols("low-rank norms", squares, b.Rows);
        Check.Cols("low-rank norms", norms, b.Rows);
        if (h.Rows != b.Cols || h.Cols != b.Rows)
            throw new Autograd.ShapeException($"low-rank norms: {b} and {h}");
        Plane s = new(Check.Floats(squares)), left = new(Check.Floats(b)), right = new(Check.Floats(h)), to = new(Check.Floats(norms));
        // As many products as a token takes for the term itself: not worth a second thread.
        for (var j = 0; j < b.Rows; j++)
        {
            double sum = *s.At(0, j);
            for (var r = 0; r < b.Cols; r++)
                sum += (double)*left.At(j, r) * *right.At(r, j);
            *to.At(0, j) = (float)Math.Sqrt(sum);
        }
    }

    private void Forward(Tensor x, Tensor weight, Tensor? bias, float epsilon, Tensor y, Tensor? mean, Tensor? rstd, bool centered)
    {
        Check.SameShape("norm", x, y);
        CheckRows(x, weight, bias, mean, rstd);
        var job = new ForwardJob
        {
            X = new Plane(Check.Floats(x)),
            Y = new Plane(Check.Floats(y)),
            Mean = new Plane(Check.Floats(mean)),
            Rstd = new Plane(Check.Floats(rstd)),
            Weight = new RowOperand<L, V>(weight),
            Bias = new RowOperand<L, V>(bias),
            Epsilon = epsilon,
            Centered = centered,
            Rows = x.Rows,
            Cols = x.Cols,
            TileRows = TileRows(x.Cols),
        };
        Workers.Shared.Run(ref job, (x.Rows + job.TileRows - 1) / job.TileRows, threads);
    }

    private void Backward(Tensor dy, Tensor x, Tensor weight, Tensor? mean, Tensor rstd,
        Tensor? dx, float betaX, Tensor? dWeight, float betaW, Tensor? dBias, float betaB)
    {
        Check.SameShape("norm backward", dy, x);
        Check.SameShape("norm backward", dx ?? x, x);
        CheckRows(x, weight, null, mean, rstd);
        Check.Cols("norm backward", dWeight, x.Cols);
        Check.Cols("norm backward", dBias, x.Cols);
        if (dWeight is not null)
            ColumnSums<L, V>.Run<ColumnSums<L, V>.Normalized>(dy, x, mean, rstd, dWeight, betaW, threads);
        if (dBias is not null)
            ColumnSums<L, V>.Run<ColumnSums<L, V>.Plain>(dy, null, null, null, dBias, betaB, threads);
        if (dx is null)
            return;
        var job = new BackwardJob
        {
            Dy = new Plane(Check.Floats(dy)),
            X = new Plane(Check.Floats(x)),
            Mean = new Plane(Check.Floats(mean)),
            Rstd = new Plane(Check.Floats(rstd)),
            Dx = new Plane(Check.Floats(dx)),
            Weight = new RowOperand<L, V>(weight),
            Beta = betaX,
            Rows = x.Rows,
            Cols = x.Cols,
            TileRows = TileRows(x.Cols),
        };
        Workers.Shared.Run(ref job, (x.Rows + job.TileRows - 1) / job.TileRows, threads);
    }

    private static void CheckRows(Tensor x, Tensor weight, Tensor? bias, Tensor? mean, Tensor? rstd)
    {
        Check.Cols("norm", weight, x.Cols);
        Check.Cols("norm", bias, x.Cols);
        Check.Cols("norm", mean, x.Rows);
        Check.Cols("norm", rstd, x.Rows);
        // Widened weight and bias lie in a thread's scratch.
        if (x.Cols > Workers.ScratchBytes / sizeof(float) / 2)
            throw new ArgumentException($"norm: rows of {x.Cols} elements are longer than the kernel's scratch", nameof(x));
    }

    private static int TileRows(int cols) => Math.Max(1, 16384 / Math.Max(cols, 1));

    private struct ForwardJob : IJob
    {
        public Plane X, Y, Mean, Rstd;
        public RowOperand<L, V> Weight, Bias;
        public float Epsilon;
        public bool Centered;
        public int Rows, Cols, TileRows;

        public void Tile(int index)
        {
            var scratch = (float*)Workers.Shared.Scratch;
            var w = Weight.Part(0, Cols, scratch);
            var b = Bias.IsNull ? null : Bias.Part(0, Cols, scratch + Cols);
            for (var r = index * TileRows; r < Math.Min((index + 1) * TileRows, Rows); r++)
            {
                var x = X.At(r, 0);
                var mean = Centered ? NormKernel<L, V>.Sum(x, Cols) / Cols : 0;
                var rstd = 1 / MathF.Sqrt(NormKernel<L, V>.SquaredDeviation(x, mean, Cols) / Cols + Epsilon);
                NormKernel<L, V>.Apply(x, mean, rstd, w, b, Y.At(r, 0), Cols);
                Put(Mean.At(0, r), mean);
                Put(Rstd.At(0, r), rstd);
            }
        }

        private static void Put(float* to, float value)
        {
            if (to != null)
                *to = value;
        }
    }

    private struct BackwardJob : IJob
    {
        public Plane Dy, X, Mean, Rstd, Dx;
        public RowOperand<L, V> Weight;
        public float Beta;
        public int Rows, Cols, TileRows;

        public void Tile(int index)
        {
            var w = Weight.Part(0, Cols, (float*)Workers.Shared.Scratch);
            for (var r = index * TileRows; r < Math.Min((index + 1) * TileRows, Rows); r++)
            {
                float* dy = Dy.At(r, 0), x = X.At(r, 0);
                var centered = Mean.At(0, r) != null;
                float mean = centered ? *Mean.At(0, r) : 0, rstd = *Rstd.At(0, r);
                NormKernel<L, V>.Moments(dy, x, mean, rstd, w, Cols, out var sum, out var dot);
                NormKernel<L, V>.Backward(dy, x, mean, rstd, w, centered ? sum / Cols : 0, dot / Cols, Dx.At(r, 0), Beta, Cols);
            }
        }
    }
}
