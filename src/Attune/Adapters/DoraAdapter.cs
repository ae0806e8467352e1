using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Ops;
using Attune.Models;

namespace Attune.Adapters;

/// <summary>LoRA for the direction of a weight's rows, with magnitudes of their own.</summary>
public sealed record DoraOptions : LoraOptions
{
    /// <inheritdoc />
    public override AdapterKind Kind => LoraConfig.Dora;

    /// <inheritdoc />
    public override LayerAdapter Make(Linear layer, ParameterSource source) => new DoraAdapter(layer, this, source);
}

/// <summary>
/// Weight-decomposed low-rank adaptation (Liu et al. 2024): y = m ⊙ (W + s·B·A)·x / ‖W + s·B·A‖ + b, norms by rows. m begins as the norms of W, so that it
/// begins as the identity. The norms count as constants in gradients (section 4.3 of the paper).
/// </summary>
public sealed class DoraAdapter : LoraAdapter
{
    private readonly AdaptedNorms norms;

    internal DoraAdapter(Linear layer, DoraOptions options, ParameterSource source)
        : base(layer, options, source)
    {
        Magnitude = source(new ParameterInfo(PeftNames.Magnitude(layer.Path), 1, layer.Out, ParameterRole.Norm));
        norms = new AdaptedNorms(layer, Term(layer)!);
    }

    /// <summary>m: [1, out].</summary>
    public Parameter Magnitude { get; }

    /// <inheritdoc />
    public override IReadOnlyList<Parameter> Parameters => [A, B, Magnitude];

    /// <inheritdoc />
    public override long OwnBytes => norms.Bytes;

    /// <inheritdoc />
    public override void Start(AdapterStart start)
    {
        base.Start(start);
        using var tape = new Tape(start.Backend, start.Arena, record: false);
        start.Backend.Pointwise.AddScaled(norms.Of(tape), 1, Magnitude.Value, 0);
    }

    /// <inheritdoc />
    public override Var After(Tape t, Linear layer, Var x, Var y) => t.Run(new ScaleColumns(y, Magnitude, norms.Of(t), layer.Bias));

    /// <inheritdoc />
    public override void MergeInto(Linear layer, Tensor weight)
    {
        base.MergeInto(layer, weight);
        for (var o = 0; o < layer.Out; o++)
        {
            double sum = 0;
            for (var i = 0; i < layer.In; i++)
            {
                double w = layer.ByInputs ? weight.At<float>(i, o) : weight.At<float>(o, i);
                sum += w * w;
            }
            var factor = Magnitude.Value.At<float>(0, o) / Math.Sqrt(sum);
            for (var i = 0; i < layer.In; i++)
            {
                ref var w = ref layer.ByInputs ? ref weight.At<float>(i, o) : ref weight.At<float>(o, i);
                w = (float)(w * factor);
            }
        }
    }
}
