using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>Divergences of a student from a teacher.</summary>
/// <remarks>
/// With g_j = ∂D/∂q_j the gradient is ∂D/∂z_j = (q_j g_j − q_j Σ q_i g_i) / T. All of it is computed from logarithms, in which nothing
/// over- or underflows: q_j g_j = B q_j (ln q_j − ln m_j + 1) − (A p_j + B q_j) · (1 − c) q_j / m_j, whose last factor is at most 1.
/// </remarks>
internal sealed unsafe partial class Losses<L, V>
{
    /// <inheritdoc />
    public void Divergence(
        Tensor logits, Tensor teacher, Tensor weights, Divergence divergence, float temperature, float scale, Tensor losses, bool gradients)
    {
        Check.SameShape("divergence", logits, teacher);
        Check.Cols("divergence", weights, logits.Rows);
        Check.Cols("divergence", losses, logits.Rows);
        var job = new DivergenceJob
        {
            Student = new Plane(Check.Floats(logits)),
            Teacher = new Plane(Check.Floats(teacher)),
            Weights = new Plane(Check.Floats(weights)),
            Losses = new Plane(Check.Floats(losses)),
            Row = new DivergenceRow
            {
                A = divergence.A,
                B = divergence.B,
                LogC = MathF.Log(divergence.C),
                LogRest = MathF.Log(1 - divergence.C),
                PerTemperature = 1 / temperature,
                Count = logits.Cols,
            },
            Temperature = temperature,
            Scale = scale,
            Gradients = gradients,
        };
        Workers.Shared.Run(ref job, logits.Rows, threads);
    }

    private struct DivergenceJob : IJob
    {
        public Plane Student, Teacher, Weights, Losses;
        public DivergenceRow Row;
        public float Temperature, Scale;
        public bool Gradients;

        public readonly void Tile(int index)
        {
            var row = Row;
            float* z = Student.At(index, 0), other = Teacher.At(index, 0);
            row.StudentLogSum = LogSum(z, row.PerTemperature, row.Count);
            row.TeacherLogSum = LogSum(other, row.PerTemperature, row.Count);
            var weight = *Weights.At(0, index);
            var (sum, slope) = Gradients ? row.Sums(z, other, other) : row.Sums(z, other, null);
            *Losses.At(0, index) = weight * Temperature * Temperature * sum;
            if (Gradients)
                row.Gradient(z, other, slope, Scale * weight * Temperature);
        }
    }

    private struct DivergenceRow
    {
        public float A, B, LogC, LogRest, PerTemperature, StudentLogSum, TeacherLogSum;
        public int Count;

        /// <summary>D and Σ q_j g_j; every q_j g_j is written where <paramref name="slopes"/> is given, which may be the teacher's row.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly (float Sum, float Slope) Sums(float* z, float* teacher, float* slopes)
        {
            V sum = L.Set(0), slope = sum, one = L.Set(1), zero = sum, a = L.Set(A), b = L.Set(B);
            for (var i = 0; i < Count; i += L.Width)
            {
                var left = Count - i;
                // What fills the last vector up is impossible on both sides: e^−100 of both, which no sum notices.
                var lnP = Log(Padded(teacher + i, left), TeacherLogSum);
                var lnQ = Log(Padded(z + i, left), StudentLogSum);
                V p = VectorMath<L, V>.Exp(lnP), q = VectorMath<L, V>.Exp(lnQ);
                V ofTeacher = L.Add(lnP, L.Set(LogC)), ofStudent = L.Add(lnQ, L.Set(LogRest));
                // ln(eᵃ + eᵇ); where the mixture is one side alone, the other is e^−∞.
                var apart = L.Sub(zero, L.Abs(L.Sub(ofTeacher, ofStudent)));
                var lnM = L.Add(L.Max(ofTeacher, ofStudent), VectorMath<L, V>.Log1p(VectorMath<L, V>.Exp(apart)));
                var (aP, bQ, ratio) = (L.Mul(a, p), L.Mul(b, q), L.Sub(lnQ, lnM));
                sum = L.Fma(aP, L.Sub(lnP, lnM), L.Fma(bQ, ratio, sum));
                var share = VectorMath<L, V>.Exp(L.Sub(ofStudent, lnM));
                var term = L.Sub(L.Mul(bQ, L.Add(ratio, one)), L.Mul(L.Add(aP, bQ), share));
                slope = L.Add(slope, term);
                if (slopes != null)
                    Elements<L, V>.Store(slopes + i, term, left);
            }
            return (L.Sum(sum), L.Sum(slope));
        }

        /// <summary>slopes_j = factor · (slopes_j − q_j · slope).</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Gradient(float* z, float* slopes, float slope, float factor)
        {
            V f = L.Set(factor), minus = L.Set(-slope);
            for (var i = 0; i < Count; i += L.Width)
            {
                var left = Count - i;
                var q = VectorMath<L, V>.Exp(Log(Elements<L, V>.Load(z + i, left), StudentLogSum));
                Elements<L, V>.Store(slopes + i, L.Mul(f, L.Fma(q, minus, Elements<L, V>.Load(slopes + i, left))), left);
            }
        }

        // The bound stands first: a NaN survives.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly V Log(V x, float logSum) =>
            L.Max(L.Set(Backends.Divergence.LeastLog), L.Sub(L.Mul(x, L.Set(PerTemperature)), L.Set(logSum)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Padded(float* from, int left) =>
            left >= L.Width ? L.Load(from) : Part<L, V>.Load(from, left, float.NegativeInfinity);
    }

    // ln Σ e^(z/T).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float LogSum(float* z, float perTemperature, int count)
    {
        var max = Largest(z, count);
        V sum = L.Set(0), m = L.Set(max), f = L.Set(perTemperature);
        for (var i = 0; i < count; i += L.Width)
        {
            var x = count - i >= L.Width ? L.Load(z + i) : Part<L, V>.Load(z + i, count - i, float.NegativeInfinity);
            sum = L.Add(sum, VectorMath<L, V>.Exp(L.Mul(f, L.Sub(x, m))));
        }
        return max * perTemperature + MathF.Log(L.Sum(sum));
    }
}
