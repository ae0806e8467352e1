using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Ops;

namespace Attune.Models;

/// <summary>A decoder-only language model: embedding, blocks, final norm, head. Holds weights and nothing else that changes.</summary>
public sealed class Decoder
{
    private readonly float[] frequencies;

    /// <summary>A model of the given parts.</summary>
    public Decoder(DecoderSpec spec, Parameter embedding, IReadOnlyList<DecoderBlock> blocks, Parameter finalNorm, Parameter head)
    {
        (Spec, Embedding, Blocks, FinalNorm, Head) = (spec, embedding, blocks, finalNorm, head);
        frequencies = spec.Rope.Frequencies(spec.HeadSize);
    }

    /// <summary>Sizes.</summary>
    public DecoderSpec Spec { get; }

    /// <summary>[V, C].</summary>
    public Parameter Embedding { get; }

    /// <summary>The blocks, from the input to the output.</summary>
    public IReadOnlyList<DecoderBlock> Blocks { get; }

    /// <summary>[1, C].</summary>
    public Parameter FinalNorm { get; }

    /// <summary>[V, C]; the embedding itself where the model is tied.</summary>
    public Parameter Head { get; }

    /// <summary>Every linear layer of the blocks, in the order in which they run. The head is not among them.</summary>
    public IEnumerable<Linear> Linears => Blocks.SelectMany(static b => b.Linears);

    /// <summary>Every parameter once, in the order in which a forward first reads them.</summary>
    public IEnumerable<Parameter> Parameters
    {
        get
        {
            yield return Embedding;
            foreach (var b in Blocks)
            {
                yield return b.AttentionNorm;
                foreach (var p in Of(b.QueryKeyValue).Concat(Of(b.Output))) yield return p;
                yield return b.MlpNorm;
                foreach (var p in Of(b.GateUp).Concat(Of(b.Down))) yield return p;
            }
            yield return FinalNorm;
            if (Head != Embedding)
                yield return Head;
        }
    }

    /// <summary>Final hidden states [T, C], normalised: what the head reads.</summary>
    /// <param name="t">The tape.</param>
    /// <param name="pass">What varies.</param>
    /// <param name="ids">T token ids.</param>
    public Var Hidden(Tape t, Pass pass, ReadOnlySpan<int> ids)
    {
        // Inputs of every segment rather than captured: what a recomputed segment reads must be among what it keeps.
        Var positions = new(t.Integers(pass.Positions)), turns = new(t.Numbers(frequencies));
        t.Section = "embedding";
        var x = t.Run(new Embedding(Embedding, t.Integers(ids)));
        foreach (var block in Blocks)
        {
            x = t.Segment([x, positions, turns], pass.Keep, (tape, inputs) =>
            {
                tape.Section = $"layer {block.Index}";
                return [block.Forward(tape, pass, Spec, new RopeTables(inputs[1].Value, inputs[2].Value), inputs[0])];
            })[0];
        }
        t.Section = "final norm";
        return t.Run(new RmsNorm(x, FinalNorm, Spec.NormEpsilon));
    }

    /// <summary>Logits [n, V] of the given rows of a pass; for generation and for looking at, not for training.</summary>
    public Tensor Logits(Tape t, Pass pass, ReadOnlySpan<int> ids, ReadOnlySpan<int> rows)
    {
        var hidden = Hidden(t, pass, ids);
        var chosen = t.Run(new GatherRows(hidden, t.Integers(rows)));
        t.Section = "head";
        return t.Run(new MatMul(chosen, Head)).Value;
    }

    private static IEnumerable<Parameter> Of(Fan fan)
    {
        foreach (var layer in fan.Layers)
        {
            yield return layer.Weight;
            if (layer.Bias is { } bias)
                yield return bias;
        }
    }
}
