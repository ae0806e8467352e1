using System.Numerics;

namespace Attune.Engine.Backends;

/// <summary>Work on elements, one at a time.</summary>
internal sealed class ReferencePointwise<T> : IPointwiseKernels where T : unmanaged, IFloatingPointIeee754<T>
{
    public void Fill(Tensor x, float value) => ForEach(x, (r, c) => Elements<T>.Write(x, r, c, T.CreateTruncating(value)));

    public void AddScaled(Tensor x, float alpha, Tensor y, float beta) => ForEach(y, (r, c) =>
    {
        var sum = beta == 0 ? T.Zero : Elements<T>.Read(y, r, c);
        Elements<T>.Accumulate(ref sum, T.CreateTruncating(alpha) * Elements<T>.Read(x, r, c), beta);
        Elements<T>.Write(y, r, c, sum);
    });

    public void Add(Tensor a, Tensor b, Tensor y) => ForEach(y, (r, c) => y.At<T>(r, c) = a.At<T>(r, c) + b.At<T>(r, c));

    public void AddBias(Tensor x, Tensor bias) => ForEach(x, (r, c) => x.At<T>(r, c) += Elements<T>.Read(bias, 0, c));

    public void SumRows(Tensor x, Tensor sum, float beta)
    {
        Elements<T>.Scale(sum, beta);
        ForEach(x, (r, c) => sum.At<T>(0, c) += x.At<T>(r, c));
    }

    public void ScaleColumns(Tensor x, Tensor? scale, Tensor? divisor, Tensor y, float beta) => ForEach(y, (r, c) =>
    {
        var factor = (scale is null ? T.One : scale.At<T>(0, c)) / (divisor is null ? T.One : divisor.At<T>(0, c));
        Elements<T>.Accumulate(ref y.At<T>(r, c), x.At<T>(r, c) * factor, beta);
    });

    public void DotColumns(Tensor a, Tensor b, Tensor sum, float beta)
    {
        Elements<T>.Scale(sum, beta);
        ForEach(a, (r, c) => sum.At<T>(0, c) += a.At<T>(r, c) * b.At<T>(r, c));
    }

    public void Activate(Activation f, Tensor x, Tensor y) => ForEach(y, (r, c) => y.At<T>(r, c) = ReferenceActivations<T>.Value(f, x.At<T>(r, c)));

    public void ActivateBackward(Activation f, Tensor dy, Tensor x, Tensor dx, float beta) => ForEach(dx, (r, c) =>
        Elements<T>.Accumulate(ref dx.At<T>(r, c), dy.At<T>(r, c) * ReferenceActivations<T>.Slope(f, x.At<T>(r, c)), beta));

    public void Gate(Activation f, Tensor gate, Tensor up, Tensor y) =>
        ForEach(y, (r, c) => y.At<T>(r, c) = ReferenceActivations<T>.Value(f, gate.At<T>(r, c)) * up.At<T>(r, c));

    public void GateBackward(Activation f, Tensor dy, Tensor gate, Tensor up, Tensor? dGate, float betaGate, Tensor? dUp, float betaUp) =>
        ForEach(dy, (r, c) =>
        {
            var (g, upstream) = (gate.At<T>(r, c), dy.At<T>(r, c));
            if (dGate is not null)
                Elements<T>.Accumulate(ref dGate.At<T>(r, c), upstream * up.At<T>(r, c) * ReferenceActivations<T>.Slope(f, g), betaGate);
            if (dUp is not null)
                Elements<T>.Accumulate(ref dUp.At<T>(r, c), upstream * ReferenceActivations<T>.Value(f, g), betaUp);
        });

    public void Dropout(Tensor x, float p, RandomKey key, int[]? rowNumbers, Tensor y, float beta)
    {
        var threshold = p * 4294967296.0;
        var keep = T.One / (T.One - T.CreateTruncating(p));
        ForEach(y, (r, c) =>
        {
            var draw = key.Draw(rowNumbers?[r] ?? r, (uint)c / 4);
            var number = (c % 4) switch { 0 => draw.A, 1 => draw.B, 2 => draw.C, _ => draw.D };
            Elements<T>.Accumulate(ref y.At<T>(r, c), number >= threshold ? x.At<T>(r, c) * keep : T.Zero, beta);
        });
    }

    public void AddNoise(Tensor x, float[] scales, RandomKey key, int[]? rowNumbers, Tensor y) => ForEach(y, (r, c) =>
    {
        var draw = key.Draw(rowNumbers?[r] ?? r, (uint)c / 4);
        var number = (c % 4) switch { 0 => draw.A, 1 => draw.B, 2 => draw.C, _ => draw.D };
        y.At<T>(r, c) = x.At<T>(r, c) + T.CreateTruncating(scales[r]) * T.CreateTruncating(number / 2147483648.0 - 1);
    });

    private static void ForEach(Tensor shape, Action<int, int> body)
    {
        for (var r = 0; r < shape.Rows; r++)
            for (var c = 0; c < shape.Cols; c++)
                body(r, c);
    }
}
