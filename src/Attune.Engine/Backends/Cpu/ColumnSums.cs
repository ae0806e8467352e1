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

    /// <summary>sum = Σ rows of the term + β · sum.</summary>
    public static void Run<TTerm>(Tensor dy, Tensor? x, Tensor? mean, Tensor? rstd, Tensor sum, float beta, int threads) where TTerm : struct, ITerm
    {
        var job = new Job<TTerm>
        {
            Dy = new Plane(Check.Floats(dy)), X = new Plane(Check.Floats(x)), Mean = new Plane(Check.Floats(mean)), Rstd = new Plane(Check.Floats(rstd)),
            Sum = new Plane(Check.Floats(sum)), Beta = beta, Rows = dy.Rows, Cols = dy.Cols,
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
            var start = index * TileCols;
            for (var col = start; col < Math.Min(start + TileCols, Cols); col += L.Width)
                Column(col, Math.Min(L.Width, Math.Min(start + TileCols, Cols) - col));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Column(int col, int count)
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
            var to = Sum.At(0, col);
            Elements<L, V>.Store(to, Beta == 0 ? total : L.Fma(L.Set(Beta), Elements<L, V>.Load(to, count), total), count);
        }
    }
}
