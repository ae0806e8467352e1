using System.Runtime.CompilerServices;
using Attune.Engine.Autograd;

namespace Attune.Engine.Backends.Cpu;

internal sealed unsafe partial class Attentions<L, V>
{
    /// <inheritdoc />
    public void Rope(Tensor x, int headSize, Tensor positions, Tensor frequencies, float attentionFactor, bool inverse)
    {
        Check.Cols("rope", positions, x.Rows);
        var half = frequencies.Cols;
        if (headSize < 1 || x.Cols % headSize != 0 || 2 * half > headSize || headSize > Workers.ScratchBytes / sizeof(float))
            throw new ShapeException($"rope: {x} with heads of {headSize} and {half} frequencies");
        var job = new RopeJob
        {
            X = new Plane(Check.Floats(x)),
            Positions = (int*)positions.Address,
            Frequencies = new Plane(Check.Floats(frequencies)),
            HeadSize = headSize,
            Half = half,
            Factor = attentionFactor,
            Inverse = inverse,
            Rows = x.Rows,
            Cols = x.Cols,
        };
        Workers.Shared.Run(ref job, (x.Rows + RopeJob.TileRows - 1) / RopeJob.TileRows, threads);
    }

    private struct RopeJob : IJob
    {
        public const int TileRows = 16;

        public Plane X, Frequencies;
        public int* Positions;
        public int HeadSize, Half, Rows, Cols;
        public float Factor;
        public bool Inverse;

        public void Tile(int index)
        {
            var cos = (float*)Workers.Shared.Scratch;
            var sin = cos + Half;
            for (var row = index * TileRows; row < Math.Min((index + 1) * TileRows, Rows); row++)
            {
                for (var i = 0; i < Half; i++)
                {
                    // In F64: at position 100,000 an F32 angle is off by 0.004.
                    var (s, c) = Math.SinCos((double)Positions[row] * *Frequencies.At(0, i));
                    (sin[i], cos[i]) = ((float)(Inverse ? -s : s) * Factor, (float)c * Factor);
                }
                for (var head = 0; head < Cols; head += HeadSize)
                    Rotate(X.At(row, head), X.At(row, head) + Half, sin, cos, Half);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Rotate(float* first, float* second, float* sin, float* cos, int count)
        {
            for (var i = 0; i < count; i += L.Width)
            {
                var n = count - i;
                V s = Elements<L, V>.Load(sin + i, n), c = Elements<L, V>.Load(cos + i, n);
                V x = Elements<L, V>.Load(first + i, n), y = Elements<L, V>.Load(second + i, n);
                Elements<L, V>.Store(first + i, L.Sub(L.Mul(x, c), L.Mul(y, s)), n);
                Elements<L, V>.Store(second + i, L.Fma(y, c, L.Mul(x, s)), n);
            }
        }
    }
}
