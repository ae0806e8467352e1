using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// Sums over rows, column by column: in blocks of 64 rows in order, blocks added in order. Cut by columns, so that the number of
/// threads decides nothing.
/// </summary>
internal static unsafe class ColumnSums<L, V> where L : struct, ILane<V> where V : unmanaged
{
    private const int TileCols = 64;
    private const int RowBlock = 64;

    /// <summary>What is summed, of an element of dy, one of x, and the row's statistics.</summary>
    internal interface ITerm
    {
        static abstract bool ReadsX { get; }

        static abstract V Of(V dy, V x, V mean, V rstd);
    }

    /// <summary>dy.</summary>
    internal readonly struct Plain : ITerm
    {
        public static bool ReadsX => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of(V dy, V x, V mean, V rstd) => dy;
    }

    /// <summary>dy · (x − mean) · rstd.</summary>
    internal readonly struct Normalized : ITerm
    {
        public static bool ReadsX => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of(V dy, V x, V mean, V rstd) => L.Mul(dy, L.Mul(L.Sub(x, mean), rstd));
    }

    /// <summary>dy · x.</summary>
    internal readonly struct Product : ITerm
    {
        public static bool ReadsX => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of(V dy, V x, V mean, V rstd) => L.Mul(dy, x);
    }

    /// <summary>sum = Σ rows of the term + β · sum.</summary>
    public static void Run<TTerm>(Tensor dy, Tensor? x, Tensor? mean, Tensor? rstd, Tensor sum, float beta, int threads) where TTerm : struct, ITerm
    {
        var job = new Job<TTerm>
        {
            Dy = new Plane(Check.Floats(dy)),
            X = new Plane(Check.Floats(x)),
            Mean = new Plane(Check.Floats(mean)),
            Rstd = new Plane(Check.Floats(rstd)),
            Sum = new Plane(Check.Floats(sum)),
            Beta = beta,
            Rows = dy.Rows,
            Cols = dy.Cols,
        };
        Workers.Shared.Run(ref job, (dy.Cols + TileCols - 1) / TileCols, threads);
    }

    private struct Job<TTerm> : IJob where TTerm : struct, ITerm
    {
        public Plane Dy, X, Mean, Rstd, Sum;
        public float Beta;
        public int Rows, Cols;

        public void Tile(int index)
        {
            var (col, end) = (index * TileCols, Math.Min(index * TileCols + TileCols, Cols));
            for (; col + 4 * L.Width <= end; col += 4 * L.Width)
                FourVectors(col);
            for (; col < end; col += L.Width)
                OneVector(col, Math.Min(L.Width, end - col));
        }

        // Whole cache lines of a row at a time, in the order of the sums of OneVector.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void FourVectors(int col)
        {
            V t0 = L.Set(0), t1 = t0, t2 = t0, t3 = t0;
            for (var block = 0; block < Rows; block += RowBlock)
            {
                V s0 = L.Set(0), s1 = s0, s2 = s0, s3 = s0;
                for (var r = block; r < Math.Min(block + RowBlock, Rows); r++)
                {
                    float* dy = Dy.At(r, col), x = TTerm.ReadsX ? X.At(r, col) : dy, means = Mean.At(0, r), rstds = Rstd.At(0, r);
                    V mean = L.Set(means == null ? 0 : *means), rstd = L.Set(rstds == null ? 1 : *rstds);
                    s0 = L.Add(s0, TTerm.Of(L.Load(dy), L.Load(x), mean, rstd));
                    s1 = L.Add(s1, TTerm.Of(L.Load(dy + L.Width), L.Load(x + L.Width), mean, rstd));
                    s2 = L.Add(s2, TTerm.Of(L.Load(dy + 2 * L.Width), L.Load(x + 2 * L.Width), mean, rstd));
                    s3 = L.Add(s3, TTerm.Of(L.Load(dy + 3 * L.Width), L.Load(x + 3 * L.Width), mean, rstd));
                }
                (t0, t1, t2, t3) = (L.Add(t0, s0), L.Add(t1, s1), L.Add(t2, s2), L.Add(t3, s3));
            }
            var to = Sum.At(0, col);
            Put(to, t0, L.Width);
            Put(to + L.Width, t1, L.Width);
            Put(to + 2 * L.Width, t2, L.Width);
            Put(to + 3 * L.Width, t3, L.Width);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void OneVector(int col, int count)
        {
            var total = L.Set(0);
            for (var block = 0; block < Rows; block += RowBlock)
            {
                var sum = L.Set(0);
                for (var r = block; r < Math.Min(block + RowBlock, Rows); r++)
                {
                    var dy = Elements<L, V>.Load(Dy.At(r, col), count);
                    var x = TTerm.ReadsX ? Elements<L, V>.Load(X.At(r, col), count) : default;
                    var mean = Mean.At(0, r);
                    var rstd = Rstd.At(0, r);
                    sum = L.Add(sum, TTerm.Of(dy, x, L.Set(mean == null ? 0 : *mean), L.Set(rstd == null ? 1 : *rstd)));
                }
                total = L.Add(total, sum);
            }
            Put(Sum.At(0, col), total, count);
        }

        private readonly void Put(float* to, V total, int count) =>
            Elements<L, V>.Store(to, Beta == 0 ? total : L.Fma(L.Set(Beta), Elements<L, V>.Load(to, count), total), count);
    }
}
