using Attune.Engine.Backends.Cpu.Simd;
using Attune.Engine.Formats;

namespace Attune.Engine.Backends.Cpu;

/// <summary>Work on elements, cut into tiles of elements that do not know of each other.</summary>
internal sealed unsafe partial class Pointwise<L, V>(int threads) : IPointwiseKernels where L : struct, ILane<V> where V : unmanaged
{
    /// <inheritdoc />
    public void Fill(Tensor x, float value) =>
        Sheet.Run(new FillRun { X = new Plane(Check.Floats(x)), Value = value }, x.Rows, x.Cols, x.IsContiguous, threads);

    /// <inheritdoc />
    public void AddScaled(Tensor x, float alpha, Tensor y, float beta)
    {
        Check.SameShape("add scaled", x, y);
        // Rows that begin with a head are no one long row, gaps or not.
        var gapless = x.IsContiguous && y.IsContiguous && WeightFormats.Head(x.Type, 1) == 0;
        if (x.Type == DType.F32 && y.Type == DType.F32)
        {
            Map(new ScaleMap { Factor = L.Set(alpha) }, x, null, null, y, beta);
            return;
        }
        var run = new ConvertRun
        {
            X = (byte*)x.Address,
            Y = (byte*)y.Address,
            PitchX = x.PitchBytes,
            PitchY = y.PitchBytes,
            DecodeX = WeightFormats.Decoder<L, V>(x.Type),
            DecodeY = WeightFormats.Decoder<L, V>(y.Type),
            Encode = WeightFormats.Encoder(y.Type),
            Alpha = alpha,
            Beta = beta,
        };
        Sheet.Run(run, x.Rows, x.Cols, gapless, threads);
    }

    /// <inheritdoc />
    public void Add(Tensor a, Tensor b, Tensor y) => Map(default(AddMap), a, b, null, y, 0);

    /// <inheritdoc />
    public void AddBias(Tensor x, Tensor bias)
    {
        Check.Cols("add bias", bias, x.Cols);
        var run = new BiasRun { X = new Plane(Check.Floats(x)), Bias = new RowOperand<L, V>(bias) };
        Sheet.Run(run, x.Rows, x.Cols, false, threads);
    }

    /// <inheritdoc />
    public void SumRows(Tensor x, Tensor sum, float beta)
    {
        Check.Cols("sum of rows", sum, x.Cols);
        ColumnSums<L, V>.Run<ColumnSums<L, V>.Plain>(x, null, null, null, sum, beta, threads);
    }

    /// <inheritdoc />
    public void ScaleColumns(Tensor x, Tensor? scale, Tensor? divisor, Tensor y, float beta)
    {
        Check.SameShape("scale columns", x, y);
        Check.Cols("scale columns", scale, x.Cols);
        Check.Cols("scale columns", divisor, x.Cols);
        var run = new ScaleRun
        {
            X = new Plane(Check.Floats(x)),
            Y = new Plane(Check.Floats(y)),
            Scale = new Plane(Check.Floats(scale)),
            Divisor = new Plane(Check.Floats(divisor)),
            Beta = beta,
        };
        Sheet.Run(run, x.Rows, x.Cols, false, threads);
    }

    /// <inheritdoc />
    public void DotColumns(Tensor a, Tensor b, Tensor sum, float beta)
    {
        Check.SameShape("dot columns", a, b);
        Check.Cols("dot columns", sum, a.Cols);
        ColumnSums<L, V>.Run<ColumnSums<L, V>.Product>(a, b, null, null, sum, beta, threads);
    }

    /// <inheritdoc />
    public void Activate(Activation f, Tensor x, Tensor y)
    {
        switch (f)
        {
            case Activation.Silu: Map(default(ValueMap<Silu<L, V>>), x, null, null, y, 0); break;
            case Activation.Gelu: Map(default(ValueMap<Gelu<L, V>>), x, null, null, y, 0); break;
            case Activation.GeluTanh: Map(default(ValueMap<GeluTanh<L, V>>), x, null, null, y, 0); break;
            default: throw new ArgumentOutOfRangeException(nameof(f), f, "not an activation");
        }
    }

    /// <inheritdoc />
    public void ActivateBackward(Activation f, Tensor dy, Tensor x, Tensor dx, float beta)
    {
        switch (f)
        {
            case Activation.Silu: Map(default(SlopeMap<Silu<L, V>>), dy, x, null, dx, beta); break;
            case Activation.Gelu: Map(default(SlopeMap<Gelu<L, V>>), dy, x, null, dx, beta); break;
            case Activation.GeluTanh: Map(default(SlopeMap<GeluTanh<L, V>>), dy, x, null, dx, beta); break;
            default: throw new ArgumentOutOfRangeException(nameof(f), f, "not an activation");
        }
    }

    /// <inheritdoc />
    public void Gate(Activation f, Tensor gate, Tensor up, Tensor y)
    {
        switch (f)
        {
            case Activation.Silu: Map(default(GateMap<Silu<L, V>>), gate, up, null, y, 0); break;
            case Activation.Gelu: Map(default(GateMap<Gelu<L, V>>), gate, up, null, y, 0); break;
            case Activation.GeluTanh: Map(default(GateMap<GeluTanh<L, V>>), gate, up, null, y, 0); break;
            default: throw new ArgumentOutOfRangeException(nameof(f), f, "not an activation");
        }
    }

    /// <inheritdoc />
    public void GateBackward(Activation f, Tensor dy, Tensor gate, Tensor up, Tensor? dGate, float betaGate, Tensor? dUp, float betaUp)
    {
        switch (f)
        {
            case Activation.Silu: GateBackward<Silu<L, V>>(dy, gate, up, dGate, betaGate, dUp, betaUp); break;
            case Activation.Gelu: GateBackward<Gelu<L, V>>(dy, gate, up, dGate, betaGate, dUp, betaUp); break;
            case Activation.GeluTanh: GateBackward<GeluTanh<L, V>>(dy, gate, up, dGate, betaGate, dUp, betaUp); break;
            default: throw new ArgumentOutOfRangeException(nameof(f), f, "not an activation");
        }
    }

    /// <inheritdoc />
    public void Dropout(Tensor x, float p, RandomKey key, int[]? rowNumbers, Tensor y, float beta)
    {
        Check.SameShape("dropout", x, y);
        if (!(p >= 0 && p < 1))
            throw new ArgumentOutOfRangeException(nameof(p), p, "dropout: a share in [0, 1) was expected");
        if (rowNumbers is not null && rowNumbers.Length < x.Rows)
            throw new ArgumentException($"dropout: {rowNumbers.Length} row numbers for {x}", nameof(rowNumbers));
        var run = new DropoutRun
        {
            X = new Plane(Check.Floats(x)),
            Y = new Plane(Check.Floats(y)),
            Key = key,
            RowNumbers = rowNumbers,
            Beta = beta,
            Keep = 1 / (1 - p),
            Threshold = (uint)Math.Ceiling(p * 4294967296.0),
        };
        Sheet.Run(run, x.Rows, x.Cols, false, threads);
    }

    /// <inheritdoc />
    public void AddNoise(Tensor x, float[] scales, RandomKey key, int[]? rowNumbers, Tensor y)
    {
        Check.SameShape("noise", x, y);
        if (scales.Length < x.Rows || rowNumbers?.Length < x.Rows)
            throw new ArgumentException($"noise: {scales.Length} scales and {rowNumbers?.Length ?? x.Rows} row numbers for {x}", nameof(scales));
        var run = new NoiseRun { X = new Plane(Check.Floats(x)), Y = new Plane(Check.Floats(y)), Key = key, RowNumbers = rowNumbers, Scales = scales };
        Sheet.Run(run, x.Rows, x.Cols, false, threads);
    }

    private void GateBackward<TF>(Tensor dy, Tensor gate, Tensor up, Tensor? dGate, float betaGate, Tensor? dUp, float betaUp)
        where TF : struct, IActivation<V>
    {
        Check.SameShape("gate backward", dy, gate);
        Check.SameShape("gate backward", dy, up);
        Check.SameShape("gate backward", dy, dGate ?? dy);
        Check.SameShape("gate backward", dy, dUp ?? dy);
        var run = new GateBackwardRun<TF>
        {
            Dy = new Plane(Check.Floats(dy)),
            G = new Plane(Check.Floats(gate)),
            U = new Plane(Check.Floats(up)),
            DG = new Plane(Check.Floats(dGate)),
            DU = new Plane(Check.Floats(dUp)),
            BetaG = betaGate,
            BetaU = betaUp,
        };
        var gapless = dy.IsContiguous && gate.IsContiguous && up.IsContiguous && (dGate?.IsContiguous ?? true) && (dUp?.IsContiguous ?? true);
        Sheet.Run(run, dy.Rows, dy.Cols, gapless, threads);
    }

    private void Map<TMap>(TMap map, Tensor a, Tensor? b, Tensor? c, Tensor y, float beta) where TMap : struct, IMap<V>
    {
        Check.SameShape("element-wise", a, y);
        Check.SameShape("element-wise", b ?? a, y);
        Check.SameShape("element-wise", c ?? a, y);
        var run = new MapRun<TMap>
        {
            Map = map,
            A = new Plane(Check.Floats(a)),
            B = new Plane(Check.Floats(b)),
            C = new Plane(Check.Floats(c)),
            Y = new Plane(Check.Floats(y)),
            Beta = beta,
        };
        var gapless = a.IsContiguous && y.IsContiguous && (b?.IsContiguous ?? true) && (c?.IsContiguous ?? true);
        Sheet.Run(run, y.Rows, y.Cols, gapless, threads);
    }
}
