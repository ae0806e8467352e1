using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Ops;
using Attune.Models;
using Attune.Objectives;

namespace Attune.Training;

/// <summary>
/// A frozen model that reads the very passes of its student, before it: of all that it computes only the final hidden rows that are
/// trained on are kept, [n, C], and its logits are made from them chunk by chunk, beside the student's.
/// </summary>
/// <remarks>Its products are those of the run's backend, and it has neither dropout nor a gradient.</remarks>
/// <param name="sides">The model, of any family and weight format, whose tokens are the student's; and what it was tuned with, null for the model alone. Asked for with
/// true where it is to run on pretended memory, so that nothing need be loaded for a plan.</param>
/// <param name="vocabulary">Tokens that both tables hold.</param>
/// <param name="bytes">Bytes of its weights, adapters included.</param>
public sealed class Teacher(Func<bool, (Decoder Model, IAdapterSet? Adapters)> sides, int vocabulary, long bytes) : IHiddenTeacher
{
    /// <summary>A teacher that is loaded.</summary>
    /// <inheritdoc cref="Teacher(Func{bool, ValueTuple{Decoder, IAdapterSet}}, int, long)" />
    public Teacher(Decoder model, IAdapterSet? adapters, int vocabulary, long bytes)
        : this(_ => (model, adapters), vocabulary, bytes)
    {
    }

    /// <inheritdoc />
    public long Bytes => bytes;

    /// <inheritdoc />
    public ITeacherRows For(Tape t, PassInput input) => Logits(t, input);

    /// <inheritdoc />
    public (ITeacherRows Rows, IReadOnlyList<Tensor> Hidden) For(Tape t, PassInput input, IReadOnlyList<int> layers) => Read(t, input, layers);

    /// <summary>The logits of the rows of a pass that are trained on, to be made chunk by chunk.</summary>
    public HeadLogits Logits(Tape t, PassInput input) => Read(t, input, []).Logits;

    private (HeadLogits Logits, IReadOnlyList<Tensor> Hidden) Read(Tape t, PassInput input, IReadOnlyList<int> layers)
    {
        var (model, adapters) = sides(t.Arena.IsPretend);
        // Memory for the most rows that can be trained, whatever this batch has: the plan holds for every batch.
        var capacity = input.Ids.Length;
        Tensor Rows() => t.New(capacity, model.Spec.Hidden).RowRange(0, input.TrainedRows.Length);
        var last = model.Blocks.Count;
        var kept = layers.Append(last).Distinct().ToDictionary(static l => l, _ => Rows());
        using var own = new Tape(t.Backend, t.Arena, record: false);
        var tap = new Copies(kept, own.Integers(input.TrainedRows, capacity));
        model.Hidden(own, input.Pass with { Adapters = adapters, Stream = null, Tap = tap }, input.Ids);
        return (new HeadLogits(kept[last], model.Head.Value, vocabulary), [.. layers.Select(l => kept[l])]);
    }

    /// <summary>Copies rows out of the layers that are wanted.</summary>
    private sealed class Copies(IReadOnlyDictionary<int, Tensor> kept, Tensor rows) : IHiddenTap
    {
        public void Take(Tape t, int layer, Var x)
        {
            if (kept.TryGetValue(layer, out var copy))
                t.Backend.Index.Gather(x.Value, rows, copy);
        }
    }
}
