using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Ops;

namespace Attune.Models;

/// <summary>A linear layer: y = x·Wᵀ (+ b), or x·W (+ b) where W lies by inputs. Never replaced or subclassed; adapters are looked up by it in the pass.</summary>
/// <param name="path">Module path in the checkpoint, without <c>.weight</c>.</param>
/// <param name="weight">W: [out, in], any weight format.</param>
/// <param name="bias">b: [1, out], or null.</param>
/// <param name="byInputs">W is [in, out], as GPT-2's checkpoints hold it: used, trained and written back so, never copied.</param>
public sealed class Linear(string path, Parameter weight, Parameter? bias, bool byInputs = false)
{
    /// <summary>Module path in the checkpoint; adapters on disk are named after it.</summary>
    public string Path { get; } = path;

    /// <summary>The last part of the path: what the targets of adapters name.</summary>
    public string Ending => Path[(Path.LastIndexOf('.') + 1)..];

    /// <summary>W: [out, in], or [in, out] where it lies by inputs.</summary>
    public Parameter Weight { get; } = weight;

    /// <summary>b: [1, out], or null.</summary>
    public Parameter? Bias { get; } = bias;

    /// <summary>Whether W is [in, out].</summary>
    public bool ByInputs { get; } = byInputs;

    /// <summary>Width of the input.</summary>
    public int In => ByInputs ? Weight.Value.Rows : Weight.Value.Cols;

    /// <summary>Width of the output.</summary>
    public int Out => ByInputs ? Weight.Value.Cols : Weight.Value.Rows;
}

/// <summary>What an adapter adds to a linear layer: y += scale · (drop(x)·Aᵀ)·Bᵀ.</summary>
/// <param name="A">[R, in].</param>
/// <param name="B">[out, R].</param>
/// <param name="Scale">Factor of the product.</param>
/// <param name="Dropout">Share of the branch's input that is dropped in training; the base's input is not.</param>
public sealed record LowRankTerm(Parameter A, Parameter B, float Scale, float Dropout);

/// <summary>A change of linear layers that can be switched on and off by pass.</summary>
public abstract class LinearAdapter
{
    /// <summary>Transforms the base's input.</summary>
    public virtual Var Before(Tape t, Linear layer, Var x) => x;

    /// <summary>A low-rank term to add to the base's output, or null.</summary>
    public virtual LowRankTerm? Term(Linear layer) => null;

    /// <summary>Transforms the output.</summary>
    public virtual Var After(Tape t, Linear layer, Var x, Var y) => y;

    /// <summary>Adds to <paramref name="weight"/> (F32, in the layout of the layer's weight) what the adapter does to the layer.</summary>
    public abstract void MergeInto(Linear layer, Tensor weight);

    /// <summary>Whether the layer's bias is changed too.</summary>
    public virtual bool MovesBias => false;

    /// <summary>Changes <paramref name="bias"/>, F32, as the adapter does; called where <see cref="MovesBias"/>.</summary>
    public virtual void MergeIntoBias(Linear layer, Tensor bias)
    {
    }
}

/// <summary>Linear layers that read one input, such as q, k and v; this is what runs.</summary>
public sealed class Fan(params Linear[] layers)
{
    /// <summary>The layers, in the order of the outputs.</summary>
    public IReadOnlyList<Linear> Layers { get; } = layers;

    /// <summary>One output per layer.</summary>
    public Var[] Run(Tape t, Pass pass, Var x)
    {
        var outs = new Var[Layers.Count];
        for (var i = 0; i < outs.Length; i++)
            outs[i] = Run(t, pass, Layers[i], x);
        return outs;
    }

    private static Var Run(Tape t, Pass pass, Linear layer, Var x)
    {
        var adapter = pass.Adapters?.For(layer);
        var seen = adapter?.Before(t, layer, x) ?? x;
        var y = t.Run(new MatMul(seen, layer.Weight, layer.ByInputs));
        if (layer.Bias is { } bias)
            y = t.Run(new AddBias(y, bias));
        if (adapter is null)
            return y;
        if (adapter.Term(layer) is { } term)
        {
            var dropout = pass.Dropout ? term.Dropout : 0;
            y = t.Run(new LowRankUpdate(y, x, term.A, term.B, term.Scale, dropout, pass.Random.For(layer.Path), pass.RowNumbers));
        }
        return adapter.After(t, layer, x, y);
    }
}
