using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Ops;
using Attune.Models;
using Attune.Problems;

namespace Attune.Adapters;

/// <summary>LoRA that begins with the principal singular vectors of the weights.</summary>
public sealed record PissaOptions : LoraOptions
{
    /// <inheritdoc />
    public override bool IsSavedAsItRuns => false;

    /// <inheritdoc />
    public override LayerAdapter Make(Linear layer, ParameterSource source)
    {
        var (rank, width) = (For(layer.Path).Rank, Math.Min(layer.In, layer.Out));
        return rank <= width
            ? new PissaAdapter(layer, this, source)
            : throw new UserErrorException("method.rank", $"is {rank}, and {layer.Path} has only {width} singular vectors to begin with", $"set it to 1 … {width}, or leave method.init at random");
    }

    /// <summary>
    /// A LoRA of twice the rank over the weights as they are: the trained half, and the half that is taken off. Where the scale has a root
    /// in it, it goes into B, since α on disk is a whole number.
    /// </summary>
    internal override AdapterSet OnDisk(AdapterSet adapters)
    {
        var factor = RankStabilised ? Scale : 1;
        var plain = new LoraOptions { Rank = 2 * Rank, Alpha = RankStabilised ? 2 * Rank : 2 * Alpha, Dropout = Dropout, Targets = Targets };
        var set = plain.AttachTo(adapters.All.Select(static a => a.Layer), AdapterSet.Allocate);
        foreach (var (from, to) in adapters.All.Cast<PissaAdapter>().Zip(set.All.Cast<LoraAdapter>()))
            from.WriteTwice(to.A.Value, to.B.Value, factor);
        return set;
    }
}

/// <summary>
/// PiSSA (Meng et al. 2024): B·A begins as the best approximation of W of rank R, and what remains of W is frozen. The remainder is never made: y = W·x + s·(B·A − B₀·A₀)·x with
/// B₀, A₀ the starting values, which is the same function, and needs no second copy of a mapped or quantised base.
/// </summary>
public sealed class PissaAdapter : LoraAdapter
{
    private readonly float scale;
    private Parameter? a0, b0;

    internal PissaAdapter(Linear layer, PissaOptions options, ParameterSource source)
        : base(layer, options, source) => scale = Term(layer)!.Scale;

    /// <inheritdoc />
    public override long OwnBytes => (A.Value.Count + B.Value.Count) * sizeof(float);

    /// <inheritdoc />
    public override void Start(AdapterStart start)
    {
        ParameterSource make = start.Arena.IsPretend ? DecoderBuilder.Pretend : AdapterSet.Allocate;
        a0 = make(new ParameterInfo(A.Name, A.Value.Rows, A.Value.Cols, ParameterRole.Matrix));
        b0 = make(new ParameterInfo(B.Name, B.Value.Rows, B.Value.Cols, ParameterRole.Matrix));
        PrincipalPart.Find(Layer, a0.Value, b0.Value, scale, start);
        start.Backend.Pointwise.AddScaled(a0.Value, 1, A.Value, 0);
        start.Backend.Pointwise.AddScaled(b0.Value, 1, B.Value, 0);
    }

    /// <inheritdoc />
    public override Var After(Tape t, Linear layer, Var x, Var y) => t.Run(new LowRankUpdate(y, x, a0!, b0!, -scale, 0, default));

    /// <inheritdoc />
    public override void MergeInto(Linear layer, Tensor weight)
    {
        base.MergeInto(layer, weight);
        AddProduct(layer, weight, a0!.Value, b0!.Value, -scale);
    }

    /// <summary>A over A₀, and B beside −B₀, both times <paramref name="factor"/>.</summary>
    internal void WriteTwice(Tensor a, Tensor b, float factor)
    {
        var rank = A.Value.Rows;
        for (var r = 0; r < rank; r++)
        {
            A.Value.Row<float>(r).CopyTo(a.Row<float>(r));
            a0!.Value.Row<float>(r).CopyTo(a.Row<float>(rank + r));
        }
        for (var o = 0; o < b.Rows; o++)
        {
            for (var r = 0; r < rank; r++)
                (b.At<float>(o, r), b.At<float>(o, rank + r)) = (factor * B.Value.At<float>(o, r), -factor * b0!.Value.At<float>(o, r));
        }
    }
}
