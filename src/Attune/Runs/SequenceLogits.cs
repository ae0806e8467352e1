using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;
using Attune.Models;

namespace Attune.Runs;

/// <summary>The logits of every token of one sequence, in chunks of rows: [T, V] never exists.</summary>
public static class SequenceLogits
{
    /// <summary>Rows of a chunk.</summary>
    public const int ChunkRows = 128;

    /// <summary>Runs the sequence, and hands on its logits.</summary>
    /// <param name="model">The model.</param>
    /// <param name="adapters">Adapters to apply, or null.</param>
    /// <param name="ids">T token ids, as they are.</param>
    /// <param name="backend">Runs the kernels.</param>
    /// <param name="arena">Memory: <see cref="InferencePlan.Logits"/> says how much.</param>
    /// <param name="onRows">Gets the index of a chunk's first row and the chunk, [n, V], which is gone afterwards.</param>
    /// <param name="cancel">Looked at before every chunk.</param>
    public static void Run(
        Decoder model, IAdapterSet? adapters, ReadOnlySpan<int> ids, Backend backend, Arena arena, Action<int, Tensor> onRows, CancellationToken cancel = default)
    {
        var length = ids.Length;
        using var tape = new Tape(backend, arena, record: false);
        var hidden = model.Hidden(tape, Pass.Packed([length]) with { Adapters = adapters }, ids);
        for (var from = 0; from < length; from += ChunkRows)
        {
            cancel.ThrowIfCancellationRequested();
            var first = from;
            var rows = Enumerable.Range(first, Math.Min(ChunkRows, length - first)).ToArray();
            tape.Section = "head";
            tape.Segment([hidden], Keep.Saved, (t, inputs) =>
            {
                var chosen = t.Run(new GatherRows(inputs[0], t.Integers(rows)));
                onRows(first, t.Run(new MatMul(chosen, model.Head)).Value);
                return [];
            });
        }
    }

    /// <summary>−ln p of <paramref name="next"/> by one row of logits, in nats, summed in F64.</summary>
    public static double Loss(ReadOnlySpan<float> logits, int next)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (var x in logits)
            largest = Math.Max(largest, x);
        foreach (var x in logits)
            sum += Math.Exp(x - largest);
        return largest + Math.Log(sum) - logits[next];
    }
}
