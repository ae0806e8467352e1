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
/// <param name="model">The model, of any family and weight format; its tokens are the student's.</param>
/// <param name="adapters">What it was tuned with; null for the model alone.</param>
/// <param name="vocabulary">Tokens that both tables hold.</param>
/// <param name="bytes">Bytes of its weights, adapters included.</param>
public sealed class Teacher(Decoder model, IAdapterSet? adapters, int vocabulary, long bytes) : ITeacher
{
    /// <inheritdoc />
    public long Bytes => bytes;

    /// <inheritdoc />
    public ITeacherRows For(Tape t, PassInput input)
    {
        // Memory for the most rows that can be trained, whatever this batch has: the plan holds for every batch.
        var capacity = input.Ids.Length;
        var kept = t.New(capacity, model.Spec.Hidden).RowRange(0, input.TrainedRows.Length);
        using var own = new Tape(t.Backend, t.Arena, record: false);
        var hidden = model.Hidden(own, input.Pass with { Adapters = adapters, Stream = null }, input.Ids);
        t.Backend.Index.Gather(hidden.Value, own.Integers(input.TrainedRows, capacity), kept);
        return new HeadRows(kept, model.Head.Value, vocabulary);
    }
}
