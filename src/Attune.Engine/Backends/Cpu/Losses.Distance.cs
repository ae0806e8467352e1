using System.Runtime.CompilerServices;

namespace Attune.Engine.Backends.Cpu;

/// <summary>Distances of rows.</summary>
internal sealed unsafe partial class Losses<L, V>
{
    /// <inheritdoc />
    public void Distance(Tensor rows, Tensor targets, Tensor weights, RowDistance distance, float scale, Tensor losses, bool gradients)
    {
        Check.SameShape("distance", rows, targets);
        Check.Cols("distance", weights, rows.Rows);
        Check.Cols("distance", losses, rows.Rows);
        var job = new DistanceJob
        {
            X = new Plane(Check.Floats(rows)),
            Targets = new Plane(Check.Floats(targets)),
            Weights = new Plane(Check.Floats(weights)),
            Losses = new Plane(Check.Floats(losses)),
            Distance = distance,
            Scale = scale,
            Gradients = gradients,
            Cols = rows.Cols,
        };
        Workers.Shared.Run(ref job, rows.Rows, threads);
    }

    private struct DistanceJob : IJob
    {
        public Plane X, Targets, Weights, Losses;
        public RowDistance Distance;
        public float Scale;
        public bool Gradients;
        public int Cols;

        public readonly void Tile(int index)
        {
            float* x = X.At(index, 0), t = Targets.At(index, 0);
            var sums = DistanceSums.Of(x, t, Cols);
            float xx = MathF.Max(RowDistances.LeastSquare, sums.Own), tt = MathF.Max(RowDistances.LeastSquare, sums.Target);
            // By roots of each: the product of two squares may overflow.
            var length = MathF.Sqrt(xx) * MathF.Sqrt(tt);
            var weight = *Weights.At(0, index);
            *Losses.At(0, index) = weight * (Distance == RowDistance.Squared ? sums.Apart / tt : 1 - sums.Both / length);
            if (!Gradients)
                return;
            var factor = Scale * weight;
            var (apart, own, other) = Distance == RowDistance.Squared ? (2 / tt, 0f, 0f) : (0f, sums.Both / xx / length, -1 / length);
            Combine(x, t, factor * apart, factor * own, factor * other, Cols);
        }
    }

    private struct DistanceSums
    {
        public float Own, Both, Target, Apart;

        /// <summary>|x|², x·t, |t|² and |x − t|², the last not as a difference of the others, which would leave nothing where the two are near.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static DistanceSums Of(float* x, float* t, int count)
        {
            V own = L.Set(0), both = own, target = own, apart = own;
            for (var i = 0; i < count; i += L.Width)
            {
                V a = Elements<L, V>.Load(x + i, count - i), b = Elements<L, V>.Load(t + i, count - i), d = L.Sub(a, b);
                own = L.Fma(a, a, own);
                both = L.Fma(a, b, both);
                target = L.Fma(b, b, target);
                apart = L.Fma(d, d, apart);
            }
            return new DistanceSums { Own = L.Sum(own), Both = L.Sum(both), Target = L.Sum(target), Apart = L.Sum(apart) };
        }
    }

    // x = a·(x − t) + b·x + c·t.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Combine(float* x, float* t, float a, float b, float c, int count)
    {
        V f = L.Set(a), g = L.Set(b), h = L.Set(c);
        for (var i = 0; i < count; i += L.Width)
        {
            V own = Elements<L, V>.Load(x + i, count - i), other = Elements<L, V>.Load(t + i, count - i);
            Elements<L, V>.Store(x + i, L.Fma(f, L.Sub(own, other), L.Fma(h, other, L.Mul(g, own))), count - i);
        }
    }
}
