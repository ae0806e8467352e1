using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;
using Attune.Models;
using Attune.Objectives;

namespace Attune.Evaluation;

/// <summary>Loss of one example.</summary>
/// <param name="Sum">Σ −ln p over its trained tokens, in nats.</param>
/// <param name="Tokens">How many those are.</param>
/// <param name="Hits">How many of them the model finds the most likely; of equals the first in the vocabulary.</param>
public readonly record struct ExampleLoss(double Sum, int Tokens, int Hits = 0);

/// <summary>Losses of a set of examples.</summary>
/// <param name="Examples">By example, in the order given.</param>
public sealed record LossResult(IReadOnlyList<ExampleLoss> Examples)
{
    /// <summary>Trained tokens in all.</summary>
    public long Tokens => Examples.Sum(static e => (long)e.Tokens);

    /// <summary>Mean loss per trained token, in nats.</summary>
    public double Mean => Examples.Sum(static e => e.Sum) / Math.Max(1, Tokens);

    /// <summary>e to the mean loss.</summary>
    public double Perplexity => Math.Exp(Mean);
}

/// <summary>Measures the loss of examples, in passes of the same shape as training's.</summary>
public static class TokenLosses
{
    /// <summary>Bytes of arena that measuring needs, found by running passes of every size on pretended memory.</summary>
    /// <param name="model">The model.</param>
    /// <param name="adapters">Adapters to apply, or null: with and without, memory is taken in another order, and neither bounds the other.</param>
    /// <param name="rows">Rows of the largest pass.</param>
    /// <param name="backend">The backend that will run.</param>
    /// <param name="block">The block before which passes may begin; see <see cref="PrefixCache"/>. 0 where they never do.</param>
    public static long Plan(Decoder model, IAdapterSet? adapters, int rows, Backend backend, int block = 0)
    {
        using var arena = Arena.Pretended();
        var dry = new DryRunBackend(backend);
        foreach (var count in PassRows.All(rows))
        {
            foreach (var stream in PlannedStream.Of(block))
            {
                var input = new PassInput(Batch.Full(count), count) { Stream = stream };
                using var tape = new Tape(dry, arena, record: false);
                NextToken.Forward(tape, model, input.Pass with { Adapters = adapters }, input, 1);
            }
        }
        return arena.Peak;
    }

    /// <summary>The losses of <paramref name="examples"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="adapters">Adapters to apply, or null.</param>
    /// <param name="examples">Each no longer than <paramref name="rows"/>.</param>
    /// <param name="rows">Rows of the largest pass.</param>
    /// <param name="backend">Runs the kernels.</param>
    /// <param name="arena">Gives the memory.</param>
    /// <param name="cancel">Looked at before every pass.</param>
    public static LossResult Measure(
        Decoder model, IAdapterSet? adapters, IReadOnlyList<Example> examples, int rows, Backend backend, Arena arena, CancellationToken cancel = default) =>
        Measure(model, adapters, examples, rows, backend, arena, null, cancel);

    /// <summary>The losses of <paramref name="examples"/>, the same to the bit, with what <paramref name="prefix"/> knows of them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="adapters">Adapters to apply, or null; none below the block that <paramref name="prefix"/> is of.</param>
    /// <param name="examples">Each no longer than <paramref name="rows"/>.</param>
    /// <param name="rows">Rows of the largest pass.</param>
    /// <param name="backend">Runs the kernels.</param>
    /// <param name="arena">Gives the memory.</param>
    /// <param name="prefix">What is known of the rows, and what learns of them; null for nothing.</param>
    /// <param name="cancel">Looked at before every pass.</param>
    public static LossResult Measure(
        Decoder model, IAdapterSet? adapters, IReadOnlyList<Example> examples, int rows, Backend backend, Arena arena, PrefixCache? prefix, CancellationToken cancel)
    {
        var losses = new ExampleLoss[examples.Count];
        if (examples.Count == 0)
            return new LossResult(losses);
        var packer = new Packer(examples, new PackerOptions { StepTokens = rows, Shuffle = false });
        foreach (var step in packer.Steps(default, 1))
        {
            foreach (var batch in step.MicroBatches.Where(static b => b.TrainedTokens > 0))
            {
                cancel.ThrowIfCancellationRequested();
                var input = new PassInput(batch, rows, prefix);
                using var tape = new Tape(backend, arena, record: false);
                var hits = new HitRows(input.TrainedRows.Length);
                var (_, rowLosses) = NextToken.Forward(tape, model, input.Pass with { Adapters = adapters }, input, 1, hits);
                Collect(rowLosses, hits, input, losses);
            }
        }
        return new LossResult(losses);
    }

    private static void Collect(Tensor rowLosses, HitRows hits, PassInput input, ExampleLoss[] losses)
    {
        var batch = input.Batch;
        var sequence = 0;
        for (var i = 0; i < input.TrainedRows.Length; i++)
        {
            while (input.TrainedRows[i] >= batch.SequenceStarts[sequence] + batch.SequenceLengths[sequence])
                sequence++;
            var row = batch.Rows[sequence];
            losses[row] = new ExampleLoss(losses[row].Sum + rowLosses.Read(0, i) / input.Weights[i], losses[row].Tokens + 1, losses[row].Hits + (hits[i] ? 1 : 0));
        }
    }

    /// <summary>Cross-entropy that also notes of each row whether its target has the largest logit.</summary>
    private sealed class HitRows(int rows) : ITokenLoss
    {
        private readonly bool[] hits = new bool[rows];
        private readonly CrossEntropyLoss loss = new();

        public bool this[int row] => hits[row];

        public void Run(Tape t, LossRows rows)
        {
            for (var r = 0; r < rows.Logits.Rows; r++)
                hits[rows.First + r] = IsLargest(rows.Logits.Row<float>(r), rows.Targets.At<int>(0, r));
            loss.Run(t, rows);
        }

        private static bool IsLargest(ReadOnlySpan<float> logits, int target)
        {
            var own = logits[target];
            foreach (var other in logits[..target])
            {
                if (!(other < own))
                    return false;
            }
            foreach (var other in logits[(target + 1)..])
            {
                if (!(other <= own))
                    return false;
            }
            return true;
        }
    }
}
