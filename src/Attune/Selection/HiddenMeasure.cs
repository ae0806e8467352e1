using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Objectives;

namespace Attune.Selection;

/// <summary>
/// Where a row lies: the mean over its tokens of what leaves the last layer (behind the final norm), scaled to length one. Wider than
/// <see cref="Longest"/> numbers, it is projected to so many, which keeps distances, so that a million rows take 1 GB for any model.
/// </summary>
internal sealed class HiddenMeasure : RowMeasure
{
    /// <summary>Numbers of a vector at the most.</summary>
    public const int Longest = 256;

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, string Value)> Settings => [("measure", "mean of the last hidden states")];

    /// <inheritdoc/>
    public override int Values => 0;

    /// <inheritdoc/>
    public override int VectorLength(DecoderSpec spec) => Math.Min(spec.Hidden, Longest);

    /// <inheritdoc/>
    public override long Plan(MeasuringModel model)
    {
        using var arena = Arena.Pretended();
        foreach (var rows in PassRows.All(model.PassRows))
            Hidden(new PassInput(Batch.Full(rows), rows), model, new DryRunBackend(model.Backend), arena, null);
        return arena.Peak;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Measured> Of(IReadOnlyList<SelectionRow> rows, MeasuringModel model, Arena arena, CancellationToken cancel)
    {
        var examples = rows.SelectMany(static r => r.Examples).ToArray();
        int[] owners = [.. rows.SelectMany(static (r, i) => Enumerable.Repeat(i, r.Examples.Count))];
        var sums = rows.Select(_ => new float[model.Decoder.Spec.Hidden]).ToArray();
        foreach (var batch in new Packer(examples, new PackerOptions { StepTokens = model.PassRows, Shuffle = false }).Steps(default, 1).SelectMany(static s => s.MicroBatches))
        {
            cancel.ThrowIfCancellationRequested();
            Hidden(new PassInput(batch, model.PassRows), model, model.Backend, arena, hidden =>
            {
                for (var s = 0; s < batch.Rows.Length; s++)
                    AddRows(hidden.RowRange(batch.SequenceStarts[s], batch.SequenceLengths[s]), sums[owners[batch.Rows[s]]]);
            });
        }
        return [.. sums.Select(sum => new Measured([], Unit(sum, VectorLength(model.Decoder.Spec))))];
    }

    private static void Hidden(PassInput input, MeasuringModel model, Backend backend, Arena arena, Action<Tensor>? use)
    {
        using var tape = new Tape(backend, arena, record: false);
        var hidden = model.Decoder.Hidden(tape, input.Pass with { Adapters = model.Adapters }, input.Ids);
        use?.Invoke(hidden.Value);
    }

    private static void AddRows(Tensor rows, float[] sum)
    {
        for (var r = 0; r < rows.Rows; r++)
        {
            var row = rows.Row<float>(r);
            for (var c = 0; c < sum.Length; c++)
                sum[c] += row[c];
        }
    }

    // The length is the same for a sum and for a mean.
    private static float[] Unit(float[] sum, int length)
    {
        var vector = sum;
        if (length < sum.Length)
        {
            vector = new float[length];
            new RandomProjection(length, RandomKey.OfSeed(0).For("hidden states")).Add(sum, 0, vector);
        }
        Vectors.Normalise(vector);
        return vector;
    }
}
