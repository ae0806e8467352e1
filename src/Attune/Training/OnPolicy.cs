using Attune.Data;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Text;

namespace Attune.Training;

/// <summary>
/// On-policy learning (generalised knowledge distillation, Agarwal et al. 2024): in every step a share of the rows gets answers that the model
/// in training writes itself, so that the teacher corrects the mistakes that the student makes rather than those of the data.
/// </summary>
/// <remarks>
/// Which rows and which tokens is a function of seed, step and the row's place in the step, of nothing else, so that a resumed run writes the
/// same. An answer has at most as many tokens as the row's own: no pass becomes longer than the memory plan knows.
/// </remarks>
/// <param name="Share">λ, of the rows, from 0 to 1.</param>
/// <param name="Temperature">Of the sampling; 0 takes the most probable token.</param>
/// <param name="Seed">The run's.</param>
/// <param name="Tokenizer">The model's.</param>
/// <param name="StopIds">Ids that end an answer.</param>
/// <param name="LongestPrompt">Tokens of the longest prompt.</param>
/// <param name="LongestAnswer">Tokens of the longest first answer, its stop token included.</param>
public sealed record OnPolicy(
    double Share, float Temperature, long Seed, Tokenizer Tokenizer, IReadOnlyCollection<int> StopIds, int LongestPrompt, int LongestAnswer)
{
    /// <summary>Bytes of arena that writing takes, between steps.</summary>
    public long Plan(Decoder model, Backend backend, IAdapterSet? adapters) =>
        Generator.Plan(model, backend, adapters, Generator.MaxSlots, LongestPrompt + LongestAnswer);

    /// <summary>The step with answers of the model's own in the place of some.</summary>
    /// <param name="step">The step.</param>
    /// <param name="number">Optimizer steps done before.</param>
    /// <param name="model">The model as it is now.</param>
    /// <param name="backend">Writes: without the rounding of products that training may have.</param>
    /// <param name="arena">Memory, as planned.</param>
    /// <param name="cancel">Looked at before every token.</param>
    public OptimizerStep Write(OptimizerStep step, int number, TrainingModel model, Backend backend, Arena arena, CancellationToken cancel)
    {
        var key = RandomKey.OfSeed(Seed).For("on-policy").At(number);
        // By the place in the whole step, which no split into micro-batches changes.
        var chosen = step.MicroBatches.SelectMany(static (b, i) => b.StepOffsets.Select((offset, s) => (Batch: i, Sequence: s, Offset: offset)))
            .Where(p => key.Uniform(p.Offset) < Share).OrderBy(static p => p.Offset).ToArray();
        if (chosen.Length == 0)
            return step;
        var examples = step.MicroBatches.Select(static b => b.Examples.ToArray()).ToArray();
        var rows = chosen.Select(p => examples[p.Batch][p.Sequence]).ToArray();
        var (first, second, _, _) = key.For("sampling").Draw(0, 0);
        var written = new Generator(model.Decoder, Tokenizer, backend, arena, model.Adapters).GenerateAll(
            [.. rows.Select(static r => r.Prompt.ToArray())],
            new GenerationOptions
            {
                MaxNewTokens = rows.Max(static r => r.Answer.Length),
                StopIds = StopIds,
                Sampling = new SamplingOptions { Temperature = Temperature, Seed = (long)(((ulong)first << 31) ^ second) },
            },
            cancel: cancel);
        for (var i = 0; i < chosen.Length; i++)
            examples[chosen[i].Batch][chosen[i].Sequence] = Answered(rows[i], written[i]);
        Batch[] batches = [.. step.MicroBatches.Select((b, i) => Batch.Of(examples[i], [.. Enumerable.Range(0, examples[i].Length)], b.StepOffsets) with { Rows = b.Rows })];
        return step with { MicroBatches = batches, TrainedTokens = batches.Sum(static b => b.TrainedTokens) };
    }

    private Example Answered(Example row, Generated written)
    {
        var (prompt, room) = (row.Prompt.ToArray(), row.Answer.Length);
        var answer = written.Ids.Take(room).ToList();
        // The stop token that the row ends with, if the model did end there.
        if (written.Reason == StopReason.StopToken && answer.Count < room && StopIds.Contains(row.Answer[^1]))
            answer.Add(row.Answer[^1]);
        // A model that says nothing, not even the end, gives no token to learn from.
        return answer.Count == 0 ? row : row with
        {
            Ids = [.. prompt, .. answer],
            Trained = [.. Enumerable.Repeat(false, prompt.Length), .. Enumerable.Repeat(true, answer.Count)],
            IsOwn = true,
        };
    }
}
