using System.Runtime.CompilerServices;
using Attune.Engine.Autograd;

namespace Attune.Engine.Backends.Cpu;

internal sealed unsafe partial class Attentions<L, V>
{
    private const int RopeRows = 16;

    /// <inheritdoc />
    public void Turns(Tensor positions, Tensor frequencies, Tensor turns)
    {
        Check.Cols("turns", positions, turns.Rows);
        if (turns.Cols != 2 * frequencies.Cols)
            throw new ShapeException($"turns: {turns} for {frequencies.Cols} frequencies");
        var job = new TurnsJob
        {
            To = new Plane(Check.Floats(turns)),
            Positions = (int*)positions.Address,
            Frequencies = new Plane(Check.Floats(frequencies)),
            Half = frequencies.Cols,
            Rows = turns.Rows,
        };
        Workers.Shared.Run(ref job, (turns.Rows + RopeRows - 1) / RopeRows, threads);
    }

    /// <inheritdoc />
    public void Rope(Tensor x, int headSize, Tensor turns, bool inverse)
    {
        if (headSize < 1 || x.Cols % headSize != 0 || turns.Cols % 2 != 0 || turns.Cols > headSize || turns.Rows != x.Rows)
            throw new ShapeException($"rope: {x} with heads of {headSize} and turns {turns}");
        var job = new RopeJob
        {
            X = new Plane(Check.Floats(x)),
            Turns = new Plane(Check.Floats(turns)),
            HeadSize = headSize,
            Half = turns.Cols / 2,
            Inverse = inverse,
            Rows = x.Rows,
            Cols = x.Cols,
        };
        Workers.Shared.Run(ref job, (x.Rows + RopeRows - 1) / RopeRows, threads);
    }

    private struct TurnsJob : IJob
    {
        public Plane To, Frequencies;
        public int* Positions;
        public int Half, Rows;

        public readonly void Tile(int index)
        {
            for (var row = index * RopeRows; row < Math.Min((index + 1) * RopeRows, Rows); row++)
                for (var i = 0; i < Half; i++)
                {
                    // In F64: at position 100,000 an F32 angle is off by 0.004.
                    var (sin, cos) = Math.SinCos((double)Positions[row] * *Frequencies.At(0, i));
                    *To.At(row, i) = (float)cos;
                    *To.At(row, Half + i) = (float)sin;
                }
        }
    }

    private struct RopeJob : IJob
    {
        public Plane X, Turns;
        public int HeadSize, Half, Rows, Cols;
        public bool Inverse;

        public readonly void Tile(int index)
        {
            for (var row = index * RopeRows; row < Math.Min((index + 1) * RopeRows, Rows); row++)
            {
                var cos = Turns.At(row, 0);
                for (var head = 0; head < Cols; head += HeadSize)
                    Rotate(X.At(row, head), X.At(row, head) + Half, cos, cos + Half, Half, Inverse ? -1 : 1);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Rotate(float* first, float* second, float* cos, float* sin, int count, float sign)
        {
            for (var i = 0; i < count; i += L.Width)
            {
                var n = count - i;
                V c = Elements<L, V>.Load(cos + i, n), s = L.Mul(L.Set(sign), Elements<L, V>.Load(sin + i, n));
                V x = Elements<L, V>.Load(first + i, n), y = Elements<L, V>.Load(second + i, n);
                Elements<L, V>.Store(first + i, L.Sub(L.Mul(x, c), L.Mul(y, s)), n);
                Elements<L, V>.Store(second + i, L.Fma(y, c, L.Mul(x, s)), n);
            }
        }
    }
}
