using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Models;
using Attune.Problems;

namespace Attune.Adapters;

/// <summary>Low-rank adaptation: y += (α/R) · B·A·x, with B = 0 at the start, so that it begins as the identity (Hu et al. 2021).</summary>
public sealed class LoraAdapter : LinearAdapter
{
    private readonly LowRankTerm term;

    private LoraAdapter(Linear layer, Parameter a, Parameter b, LoraOptions options)
    {
        Layer = layer;
        term = new LowRankTerm(a, b, options.Scale, options.Dropout);
    }

    /// <summary>The layer it adapts.</summary>
    public Linear Layer { get; }

    /// <summary>A: [R, in].</summary>
    public Parameter A => term.A;

    /// <summary>B: [out, R].</summary>
    public Parameter B => term.B;

    /// <summary>Adapters on all layers that the options target, over parameters that <paramref name="source"/> makes.</summary>
    /// <exception cref="UserErrorException">No layer is targeted.</exception>
    public static AdapterSet Attach(Decoder model, LoraOptions options, ParameterSource source)
    {
        var adapters = model.Linears.Where(l => options.Targets.Matches(l.Path)).Select(l =>
        {
            var own = options.For(l.Path);
            return new LoraAdapter(
                l,
                source(new ParameterInfo(PeftNames.A(l.Path), own.Rank, l.In, ParameterRole.Matrix)),
                source(new ParameterInfo(PeftNames.B(l.Path), l.Out, own.Rank, ParameterRole.Matrix)),
                own);
        }).ToArray();
        if (adapters.Length == 0)
        {
            var endings = model.Linears.Select(static l => l.Ending).Distinct();
            throw new UserErrorException("method.targets", $"no linear layer matches {options.Targets}", $"the model's layers end on: {string.Join(", ", endings)}");
        }
        return new AdapterSet(options, adapters);
    }

    /// <summary>
    /// Starting values: A uniform in ±1/√in (PEFT's Kaiming initialisation with a = √5), B zero.
    /// </summary>
    public void Initialise(RandomKey key)
    {
        var draw = key.For(A.Name);
        var bound = 1 / Math.Sqrt(Layer.In);
        var row = new float[Layer.In];
        for (var r = 0; r < A.Value.Rows; r++)
        {
            for (var c = 0; c < row.Length; c++)
                row[c] = (float)((2 * draw.Uniform((long)r * row.Length + c) - 1) * bound);
            A.Value.RowRange(r, 1).Write(row);
        }
        B.Value.Clear();
    }

    /// <inheritdoc />
    public override LowRankTerm? Term(Linear layer) => term;

    /// <inheritdoc />
    public override void MergeInto(Linear layer, Tensor weight)
    {
        // In F64 and rounded once: merging is done once, and its error stays below that of one F32 operation.
        var delta = new double[layer.In];
        for (var o = 0; o < layer.Out; o++)
        {
            Array.Clear(delta);
            for (var r = 0; r < A.Value.Rows; r++)
            {
                var b = (double)B.Value.At<float>(o, r) * term.Scale;
                var a = A.Value.Row<float>(r);
                for (var i = 0; i < delta.Length; i++)
                    delta[i] += b * a[i];
            }
            var row = layer.ByInputs ? default : weight.Row<float>(o);
            for (var i = 0; i < delta.Length; i++)
            {
                ref var w = ref layer.ByInputs ? ref weight.At<float>(i, o) : ref row[i];
                w = (float)(w + delta[i]);
            }
        }
    }
}
