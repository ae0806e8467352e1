using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Ops;

namespace Attune.Models;

/// <summary>
/// A decoder-only language model: embedding (and learned positions, where they are not rotary), blocks, final norm, head. Holds
/// weights and nothing else that changes.
/// </summary>
public sealed class Decoder
{
    private readonly Parameter? positionTable;
    private readonly Norm finalNorm;
    private readonly float[]? frequencies;

    /// <summary>A model of the given parts.</summary>
    /// <param name="spec">Sizes.</param>
    /// <param name="embedding">[V, C].</param>
    /// <param name="positionTable">Learned positions, [positions, C], added to the embedding; null where there are none.</param>
    /// <param name="blocks">From the input to the output.</param>
    /// <param name="finalNorm">Behind the last block.</param>
    /// <param name="head">[V, C]; the embedding itself where the model is tied.</param>
    public Decoder(DecoderSpec spec, Parameter embedding, Parameter? positionTable, IReadOnlyList<DecoderBlock> blocks, Norm finalNorm, Parameter head)
    {
        (Spec, Embedding, this.positionTable, Blocks, this.finalNorm, Head) = (spec, embedding, positionTable, blocks, finalNorm, head);
        frequencies = spec.Rope?.Frequencies(spec.HeadSize);
    }

    /// <summary>Sizes.</summary>
    public DecoderSpec Spec { get; }

    /// <summary>[V, C].</summary>
    public Parameter Embedding { get; }

    /// <summary>The blocks, from the input to the output.</summary>
    public IReadOnlyList<DecoderBlock> Blocks { get; }

    /// <summary>[V, C]; the embedding itself where the model is tied.</summary>
    public Parameter Head { get; }

    /// <summary>Every linear layer of the blocks, in the order in which they run. The head is not among them.</summary>
    public IEnumerable<Linear> Linears => Blocks.SelectMany(static b => b.Linears);

    /// <summary>Final hidden states [T, C], normalised: what the head reads.</summary>
    /// <param name="t">The tape.</param>
    /// <param name="pass">What varies.</param>
    /// <param name="ids">T token ids.</param>
    public Var Hidden(Tape t, Pass pass, ReadOnlySpan<int> ids)
    {
        var positions = t.Integers(pass.Positions);
        // Inputs of every segment rather than captured: what a recomputed segment reads must be among what it keeps.
        Var[] tables = frequencies is null ? [] : [new Var(Turns(t, positions, frequencies))];
        var known = pass.Stream is { Holds: true } stream ? stream : null;
        var x = known is null ? Embed(t, pass, ids, positions) : new Var(t.New(ids.Length, Spec.Hidden));
        known?.Load(x.Value);
        foreach (var block in Blocks.Skip(known?.Block ?? 0))
        {
            if (known is null && pass.Stream?.Block == block.Index)
                pass.Stream.Keep(x.Value);
            var above = t.Segment([x, .. tables], pass.Keep, (tape, inputs) =>
            {
                tape.Section = $"layer {block.Index}";
                return [block.Forward(tape, pass, inputs.ElementAtOrDefault(1)?.Value, inputs[0])];
            })[0];
            t.Done(x);
            x = above;
            if (block.Index + 1 < Blocks.Count)
                pass.Tap?.Take(t, block.Index + 1, x);
        }
        t.Section = "final norm";
        var hidden = finalNorm.Run(t, x);
        t.Done(x);
        pass.Tap?.Take(t, Blocks.Count, hidden);
        return hidden;
    }

    // Made once for all layers, queries and keys.
    private static Tensor Turns(Tape t, Tensor positions, float[] frequencies)
    {
        var turns = t.New(positions.Cols, 2 * frequencies.Length);
        t.Backend.Attention.Turns(positions, t.Numbers(frequencies), turns);
        return turns;
    }

    private Var Embed(Tape t, Pass pass, ReadOnlySpan<int> ids, Tensor positions)
    {
        t.Section = "embedding";
        var x = t.Run(new Embedding(Embedding, t.Integers(ids)));
        if (pass.EmbeddingNoise > 0)
            x = t.Run(new UniformNoise(x, NoiseScales(pass, ids.Length), pass.Random.For("embedding noise"), pass.RowNumbers));
        return positionTable is null ? x : t.Run(new Add(x, t.Run(new Embedding(positionTable, positions))));
    }

    private float[] NoiseScales(Pass pass, int rows)
    {
        var scales = new float[rows];
        foreach (var span in pass.Plan.Spans)
            scales.AsSpan(span.QueryStart, span.QueryLength).Fill((float)(pass.EmbeddingNoise / Math.Sqrt((double)span.QueryLength * Spec.Hidden)));
        return scales;
    }

    /// <summary>Logits [n, V] of the given rows of a pass; for generation and for looking at, not for training.</summary>
    public Tensor Logits(Tape t, Pass pass, ReadOnlySpan<int> ids, ReadOnlySpan<int> rows)
    {
        var hidden = Hidden(t, pass, ids);
        var chosen = t.Run(new GatherRows(hidden, t.Integers(rows)));
        t.Section = "head";
        return t.Run(new MatMul(chosen, Head)).Value;
    }
}
