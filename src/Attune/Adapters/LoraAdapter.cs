using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Models;

namespace Attune.Adapters;

/// <summary>Low-rank adaptation: y += (α/R) · B·A·x, with B = 0 at the start, so that it begins as the identity (Hu et al. 2021).</summary>
public class LoraAdapter : LayerAdapter
{
    private readonly LowRankTerm term;

    internal LoraAdapter(Linear layer, LoraOptions options, ParameterSource source)
        : base(layer)
    {
        var own = options.For(layer.Path);
        var a = source(new ParameterInfo(PeftNames.A(layer.Path), own.Rank, layer.In, ParameterRole.Matrix));
        var b = source(new ParameterInfo(PeftNames.B(layer.Path), layer.Out, own.Rank, ParameterRole.Matrix) { Rate = own.RateOfB });
        term = new LowRankTerm(a, b, own.Scale, own.Dropout);
    }

    /// <summary>A: [R, in].</summary>
    public Parameter A => term.A;

    /// <summary>B: [out, R].</summary>
    public Parameter B => term.B;

    /// <inheritdoc />
    public override IReadOnlyList<Parameter> Parameters => [A, B];

    /// <summary>
    /// Starting values: A uniform in ±1/√in (PEFT's Kaiming initialisation with a = √5), B zero.
    /// </summary>
    public override void Start(AdapterStart start)
    {
        if (start.Arena.IsPretend)
            return;
        var draw = start.Key.For(A.Name);
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
    public override void MergeInto(Linear layer, Tensor weight) => AddProduct(layer, weight, A.Value, B.Value, term.Scale);

    /// <summary>W += s·B·A.</summary>
    private protected static void AddProduct(Linear layer, Tensor weight, Tensor a, Tensor b, float scale)
    {
        // In F64 and rounded once: merging is done once, and its error stays below that of one F32 operation.
        var delta = new double[layer.In];
        for (var o = 0; o < layer.Out; o++)
        {
            Array.Clear(delta);
            for (var r = 0; r < a.Rows; r++)
            {
                var factor = (double)b.At<float>(o, r) * scale;
                var inputs = a.Row<float>(r);
                for (var i = 0; i < delta.Length; i++)
                    delta[i] += factor * inputs[i];
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
