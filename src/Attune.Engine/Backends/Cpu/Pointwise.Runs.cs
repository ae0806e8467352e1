using System.Runtime.CompilerServices;

namespace Attune.Engine.Backends.Cpu;

internal sealed unsafe partial class Pointwise<L, V>
{
    private struct ScaleMap : IMap<V>
    {
        public V Factor;

        public static int Inputs => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly V Of(V a, V b, V c) => L.Mul(Factor, a);
    }

    private struct AddMap : IMap<V>
    {
        public static int Inputs => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly V Of(V a, V b, V c) => L.Add(a, b);
    }

    private struct MultiplyMap : IMap<V>
    {
        public static int Inputs => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly V Of(V a, V b, V c) => L.Mul(a, b);
    }

    private struct DivideMap : IMap<V>
    {
        public static int Inputs => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly V Of(V a, V b, V c) => L.Div(a, b);
    }

    // The quotient first: where both are the same, nothing changes by a bit.
    private struct RatioMap : IMap<V>
    {
        public static int Inputs => 3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly V Of(V a, V b, V c) => L.Mul(a, L.Div(b, c));
    }

    private struct ValueMap<TF> : IMap<V> where TF : struct, IActivation<V>
    {
        public static int Inputs => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly V Of(V a, V b, V c) => TF.Value(a);
    }

    // dy · f′(x)
    private struct SlopeMap<TF> : IMap<V> where TF : struct, IActivation<V>
    {
        public static int Inputs => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly V Of(V a, V b, V c)
        {
            TF.Value(b, out var slope);
            return L.Mul(a, slope);
        }
    }

    // f(gate) · up
    private struct GateMap<TF> : IMap<V> where TF : struct, IActivation<V>
    {
        public static int Inputs => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly V Of(V a, V b, V c) => L.Mul(TF.Value(a), b);
    }

    private struct MapRun<TMap> : IRun where TMap : struct, IMap<V>
    {
        public TMap Map;
        public Plane A, B, C, Y;
        public float Beta;

        public void Run(int row, int col, int count) =>
            Elements<L, V>.Map(Map, A.At(row, col), B.At(row, col), C.At(row, col), Y.At(row, col), Beta, count);
    }

    private struct GateBackwardRun<TF> : IRun where TF : struct, IActivation<V>
    {
        public Plane Dy, G, U, DG, DU;
        public float BetaG, BetaU;

        public readonly void Run(int row, int col, int count) => Elements<L, V>.GateBackward<TF>(
            Dy.At(row, col), G.At(row, col), U.At(row, col), DG.At(row, col), BetaG, DU.At(row, col), BetaU, count);
    }

    private struct FillRun : IRun
    {
        public Plane X;
        public float Value;

        public readonly void Run(int row, int col, int count) => new Span<float>(X.At(row, col), count).Fill(Value);
    }

    private struct BiasRun : IRun
    {
        public Plane X;
        public RowOperand<L, V> Bias;

        public readonly void Run(int row, int col, int count)
        {
            var x = X.At(row, col);
            // A run is at most as long as a tile, 16384 elements: the widened bias fits the scratch.
            Elements<L, V>.Map(default(AddMap), x, Bias.Part(col, count, (float*)Workers.Shared.Scratch), null, x, 0, count);
        }
    }

    private struct ScaleRun : IRun
    {
        public Plane X, Y, Scale, Divisor;
        public float Beta;

        public readonly void Run(int row, int col, int count)
        {
            float* x = X.At(row, col), y = Y.At(row, col), scale = Scale.At(0, col), divisor = Divisor.At(0, col);
            if (scale != null && divisor != null)
                Elements<L, V>.Map(default(RatioMap), x, scale, divisor, y, Beta, count);
            else if (scale != null)
                Elements<L, V>.Map(default(MultiplyMap), x, scale, null, y, Beta, count);
            else if (divisor != null)
                Elements<L, V>.Map(default(DivideMap), x, divisor, null, y, Beta, count);
            else
                Elements<L, V>.Map(new ScaleMap { Factor = L.Set(1) }, x, null, null, y, Beta, count);
        }
    }

    /// <summary>y = α · x + β · y between element types, in pieces that stay in the first-level cache.</summary>
    private struct ConvertRun : IRun
    {
        private const int Piece = 1024;

        public byte* X, Y;
        public long PitchX, PitchY;
        public delegate*<byte*, long, int, float*, void> DecodeX, DecodeY;
        public delegate*<float*, int, byte*, long, void> Encode;
        public float Alpha, Beta;

        public readonly void Run(int row, int col, int count)
        {
            var x = (float*)Workers.Shared.Scratch;
            var y = x + Piece;
            for (var i = 0; i < count; i += Piece)
            {
                var n = Math.Min(Piece, count - i);
                DecodeX(X + row * PitchX, col + i, n, x);
                if (Beta != 0)
                    DecodeY(Y + row * PitchY, col + i, n, y);
                Elements<L, V>.Map(new ScaleMap { Factor = L.Set(Alpha) }, x, null, null, y, Beta, n);
                Encode(y, n, Y + row * PitchY, col + i);
            }
        }
    }

    private struct NoiseRun : IRun
    {
        public Plane X, Y;
        public RandomKey Key;
        public int[]? RowNumbers;
        public float[] Scales;

        public readonly void Run(int row, int col, int count) => NoiseKernel.Run(
            X.At(row, col), Y.At(row, col), count, Scales[row], Key, RowNumbers?[row] ?? row, (uint)col / 4);
    }

    private struct DropoutRun : IRun
    {
        public Plane X, Y;
        public RandomKey Key;
        public int[]? RowNumbers;
        public float Keep, Beta;
        public uint Threshold;

        public readonly void Run(int row, int col, int count) => DropoutKernel.Run(
            X.At(row, col), Y.At(row, col), Beta, count, Key, RowNumbers?[row] ?? row, (uint)col / 4, Threshold, Keep);
    }
}
