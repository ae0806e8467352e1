using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;

namespace Attune.Models;

/// <summary>
/// Keys and values of the tokens seen so far, per layer: one contiguous slot of rows per sequence. A pass writes its new rows
/// where the plan says that each sequence's keys end.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly (Block Block, Tensor Keys, Tensor Values)[] layers;

    /// <summary>Room for <paramref name="slots"/> sequences of <paramref name="length"/> tokens each.</summary>
    public KeyValueCache(Arena arena, DecoderSpec spec, Backend backend, int slots, int length)
    {
        (Slots, Length) = (slots, length);
        var width = spec.KeyHeads * spec.HeadSize;
        var rows = checked(slots * length);
        layers = new (Block, Tensor, Tensor)[spec.Layers];
        for (var i = 0; i < layers.Length; i++)
        {
            var block = arena.Take(2L * rows * width * backend.Activation.Size());
            var both = Tensor.Of(block, backend.Activation, 2 * rows, width);
            layers[i] = (block, both.RowRange(0, rows), both.RowRange(rows, rows));
        }
    }

    /// <summary>Number of sequences.</summary>
    public int Slots { get; }

    /// <summary>Tokens that each slot has room for.</summary>
    public int Length { get; }

    /// <summary>Stores the new rows of one layer and returns all rows, [slots · length, G·D].</summary>
    public (Var Keys, Var Values) Extend(Tape t, int layer, AttentionPlan plan, Var k, Var v)
    {
        var (_, keys, values) = layers[layer];
        foreach (var span in plan.Spans)
        {
            var first = span.KeyStart + span.KeyLength - span.QueryLength;
            var (from, count) = (span.QueryStart, span.QueryLength);
            t.Backend.Pointwise.AddScaled(k.Value.RowRange(from, count), 1, keys.RowRange(first, count), 0);
            t.Backend.Pointwise.AddScaled(v.Value.RowRange(from, count), 1, values.RowRange(first, count), 0);
        }
        return (new Var(keys), new Var(values));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var (block, _, _) in layers)
            block.Release();
    }
}
