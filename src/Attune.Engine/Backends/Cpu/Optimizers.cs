using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Attune.Engine.Backends.Cpu.Simd;
using Attune.Engine.Formats;

namespace Attune.Engine.Backends.Cpu;

/// <summary>Updates and norms of flat buckets.</summary>
internal sealed unsafe class Optimizers<L, V>(int threads) : IOptimizerKernels where L : struct, ILane<V> where V : unmanaged
{
    private const int MostBlocks = 256;
    private const int SmallestBlock = 4096;

    /// <inheritdoc />
    public double SumOfSquares(Tensor x) => BlockSum(x, squares: true);

    /// <inheritdoc />
    public double Sum(Tensor x) => BlockSum(x, squares: false);

    /// <inheritdoc />
    public void AdamW(Tensor weights, Tensor gradients, Tensor m, Tensor v, in AdamWStep step)
    {
        Check.SameShape("AdamW", weights, gradients);
        Check.SameShape("AdamW", weights, m);
        Check.SameShape("AdamW", weights, v);
        var run = new AdamRun
        {
            W = new Plane(Check.Floats(weights)),
            G = new Plane(Check.Floats(gradients)),
            M = new Plane(Check.Floats(m)),
            V2 = new Plane(Check.Floats(v)),
            Step = step,
            Correction1 = (float)(1 - Math.Pow(step.Beta1, step.Step)),
            Correction2 = (float)(1 - Math.Pow(step.Beta2, step.Step)),
        };
        var gapless = weights.IsContiguous && gradients.IsContiguous && m.IsContiguous && v.IsContiguous;
        Sheet.Run(run, weights.Rows, weights.Cols, gapless, threads);
    }

    /// <inheritdoc />
    public void AdamW8(Tensor weights, Tensor gradients, ByteMoments moments, in AdamWStep step)
    {
        Check.SameShape("AdamW8", weights, gradients);
        Check.SameShape("AdamW8", weights, moments.M);
        Check.SameShape("AdamW8", weights, moments.V);
        if (weights.Rows != 1 || moments.MScales.Cols != ByteMoments.Blocks(weights.Cols) || moments.VScales.Cols != moments.MScales.Cols)
            throw new ArgumentException($"AdamW8: {weights} with scales {moments.MScales} and {moments.VScales}");
        var job = new Adam8Job
        {
            W = Check.Floats(weights)!.Address,
            G = Check.Floats(gradients)!.Address,
            M = moments.M.Address,
            V2 = moments.V.Address,
            MScales = Check.Floats(moments.MScales)!.Address,
            VScales = Check.Floats(moments.VScales)!.Address,
            Step = step,
            Correction1 = (float)(1 - Math.Pow(step.Beta1, step.Step)),
            Correction2 = (float)(1 - Math.Pow(step.Beta2, step.Step)),
            Count = weights.Cols,
        };
        Workers.Shared.Run(ref job, (weights.Cols + Adam8Job.Tiled - 1) / Adam8Job.Tiled, threads);
    }

    // Blocks depend on the length of a row alone; sums of blocks are added in order.
    private double BlockSum(Tensor x, bool squares)
    {
        var length = Math.Max(SmallestBlock, (x.Cols + MostBlocks - 1) / MostBlocks);
        var count = (x.Cols + length - 1) / length;
        var sums = stackalloc double[MostBlocks];
        var total = 0.0;
        for (var r = 0; r < x.Rows; r++)
        {
            var job = new SumJob { X = new Plane(Check.Floats(x)).At(r, 0), Sums = sums, Length = length, Count = x.Cols, Squares = squares };
            Workers.Shared.Run(ref job, count, threads);
            for (var i = 0; i < count; i++)
                total += sums[i];
        }
        return total;
    }

    private struct SumJob : IJob
    {
        public float* X;
        public double* Sums;
        public int Length, Count;
        public bool Squares;

        public readonly void Tile(int index)
        {
            var start = index * Length;
            var count = Math.Min(Length, Count - start);
            Sums[index] = WideSum(X + start, count, Squares);
        }
    }

    private struct AdamRun : IRun
    {
        public Plane W, G, M, V2;
        public AdamWStep Step;
        public float Correction1, Correction2;

        public void Run(int row, int col, int count) =>
            Update(W.At(row, col), G.At(row, col), M.At(row, col), V2.At(row, col), Step, Correction1, Correction2, count);
    }

    private struct Adam8Job : IJob
    {
        /// <summary>Weights of a tile: whole blocks.</summary>
        public const int Tiled = 64 * ByteMoments.BlockLength;

        public nint W, G, M, V2, MScales, VScales;
        public AdamWStep Step;
        public float Correction1, Correction2;
        public int Count;

        public readonly void Tile(int index)
        {
            // A block's moments in F32; both are written before they are read.
            var first = stackalloc float[ByteMoments.BlockLength];
            var second = stackalloc float[ByteMoments.BlockLength];
            for (var start = index * Tiled; start < Math.Min(Count, (index + 1) * Tiled); start += ByteMoments.BlockLength)
            {
                var count = Math.Min(ByteMoments.BlockLength, Count - start);
                var block = start / ByteMoments.BlockLength;
                byte* m = (byte*)M + start, v = (byte*)V2 + start;
                float* mScale = (float*)MScales + block, vScale = (float*)VScales + block;
                ByteMomentKernel<L, V>.Decode(DynamicCodes.Signed, m, *mScale, first, count);
                ByteMomentKernel<L, V>.Decode(DynamicCodes.Unsigned, v, *vScale, second, count);
                Update((float*)W + start, (float*)G + start, first, second, Step, Correction1, Correction2, count);
                *mScale = ByteMomentKernel<L, V>.Encode(DynamicCodes.Signed, first, m, 0, count);
                *vScale = ByteMomentKernel<L, V>.Encode(DynamicCodes.Unsigned, second, v, 1, count);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Update(float* w, float* g, float* m, float* v, AdamWStep s, float correction1, float correction2, int count)
    {
        V scale = L.Set(s.GradientScale), b1 = L.Set(s.Beta1), c1 = L.Set(1 - s.Beta1), b2 = L.Set(s.Beta2), c2 = L.Set(1 - s.Beta2);
        V decay = L.Set(-s.LearningRate * s.WeightDecay), rate = L.Set(-s.LearningRate), epsilon = L.Set(s.Epsilon);
        V d1 = L.Set(correction1), d2 = L.Set(correction2);
        for (var i = 0; i < count; i += L.Width)
        {
            var n = count - i;
            var gradient = L.Mul(scale, Elements<L, V>.Load(g + i, n));
            var first = L.Fma(b1, Elements<L, V>.Load(m + i, n), L.Mul(c1, gradient));
            var second = L.Fma(b2, Elements<L, V>.Load(v + i, n), L.Mul(c2, L.Mul(gradient, gradient)));
            var old = Elements<L, V>.Load(w + i, n);
            var update = L.Div(L.Div(first, d1), L.Add(L.Sqrt(L.Div(second, d2)), epsilon));
            Elements<L, V>.Store(m + i, first, n);
            Elements<L, V>.Store(v + i, second, n);
            Elements<L, V>.Store(w + i, L.Fma(rate, update, L.Fma(decay, old, old)), n);
        }
    }

    // F64 throughout: the same bits at every lane width.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double WideSum(float* x, int count, bool squares)
    {
        Vector256<double> s0 = default, s1 = default, s2 = default, s3 = default;
        var i = 0;
        for (; i + 16 <= count; i += 16)
        {
            Vector256<float> x0 = Vector256.Load(x + i), x1 = Vector256.Load(x + i + 8);
            s0 += Term(Vector256.WidenLower(x0), squares);
            s1 += Term(Vector256.WidenUpper(x0), squares);
            s2 += Term(Vector256.WidenLower(x1), squares);
            s3 += Term(Vector256.WidenUpper(x1), squares);
        }
        var sum = Vector256.Sum(s0 + s1 + (s2 + s3));
        for (; i < count; i++)
            sum += squares ? (double)x[i] * x[i] : x[i];
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Term(Vector256<double> x, bool squares) => squares ? x * x : x;
}
