using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>Losses over rows of logits, cut by rows.</summary>
internal sealed unsafe partial class Losses<L, V>(int threads) : ILossKernels where L : struct, ILane<V> where V : unmanaged
{
    /// <inheritdoc />
    public void CrossEntropy(Tensor logits, Tensor targets, Tensor weights, float scale, Tensor losses, bool gradients, float smoothing)
    {
        Check.Indices("cross-entropy targets", targets, logits.Rows, logits.Cols);
        Check.Cols("cross-entropy", weights, logits.Rows);
        Check.Cols("cross-entropy", losses, logits.Rows);
        var job = new Job
        {
            Z = new Plane(Check.Floats(logits)),
            Targets = (int*)targets.Address,
            Weights = new Plane(Check.Floats(weights)),
            Losses = new Plane(Check.Floats(losses)),
            Scale = scale,
            Gradients = gradients,
            Cols = logits.Cols,
            Smoothing = smoothing,
        };
        Workers.Shared.Run(ref job, logits.Rows, threads);
    }

    private struct Job : IJob
    {
        public Plane Z, Weights, Losses;
        public int* Targets;
        public float Scale, Smoothing;
        public bool Gradients;
        public int Cols;

        public readonly void Tile(int index)
        {
            var z = Z.At(index, 0);
            var max = Largest(z, Cols);
            var logSum = max + MathF.Log(SumOfExp(z, max, Cols));
            var weight = *Weights.At(0, index);
            // Without smoothing, to the bit what it was before there was any.
            *Losses.At(0, index) = Smoothing == 0
                ? weight * (logSum - z[Targets[index]])
                : weight * (logSum - (1 - Smoothing) * z[Targets[index]] - Smoothing / Cols * Total(z, Cols));
            if (!Gradients)
                return;
            Softmax(z, logSum, Scale * weight, Cols);
            z[Targets[index]] -= Scale * weight * (1 - Smoothing);
            if (Smoothing != 0)
                Lower(z, Scale * weight * Smoothing / Cols, Cols);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Largest(float* z, int count)
    {
        V m0 = L.Set(float.NegativeInfinity), m1 = m0;
        var i = 0;
        for (; i + 2 * L.Width <= count; i += 2 * L.Width)
        {
            m0 = L.Max(m0, L.Load(z + i));
            m1 = L.Max(m1, L.Load(z + i + L.Width));
        }
        for (; i < count; i += L.Width)
            m0 = L.Max(m0, count - i >= L.Width ? L.Load(z + i) : Part<L, V>.Load(z + i, count - i, float.NegativeInfinity));
        return L.Largest(L.Max(m0, m1));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SumOfExp(float* z, float max, int count)
    {
        V s0 = L.Set(0), s1 = s0, m = L.Set(max);
        var i = 0;
        for (; i + 2 * L.Width <= count; i += 2 * L.Width)
        {
            s0 = L.Add(s0, VectorMath<L, V>.Exp(L.Sub(L.Load(z + i), m)));
            s1 = L.Add(s1, VectorMath<L, V>.Exp(L.Sub(L.Load(z + i + L.Width), m)));
        }
        for (; i < count; i += L.Width)
        {
            var x = count - i >= L.Width ? L.Load(z + i) : Part<L, V>.Load(z + i, count - i, float.NegativeInfinity);
            s0 = L.Add(s0, VectorMath<L, V>.Exp(L.Sub(x, m)));
        }
        return L.Sum(L.Add(s0, s1));
    }

    // In F64: terms of both signs may leave little.
    private static float Total(float* z, int count)
    {
        double sum = 0;
        for (var i = 0; i < count; i++)
            sum += z[i];
        return (float)sum;
    }

    private static void Lower(float* z, float by, int count)
    {
        V b = L.Set(by);
        for (var i = 0; i < count; i += L.Width)
            Elements<L, V>.Store(z + i, L.Sub(Elements<L, V>.Load(z + i, count - i), b), count - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Softmax(float* z, float logSum, float factor, int count)
    {
        V s = L.Set(logSum), f = L.Set(factor);
        for (var i = 0; i < count; i += L.Width)
        {
            var p = VectorMath<L, V>.Exp(L.Sub(Elements<L, V>.Load(z + i, count - i), s));
            Elements<L, V>.Store(z + i, L.Mul(f, p), count - i);
        }
    }
}
