using Attune.Engine;
using Attune.Problems;

namespace Attune.Models;

/// <summary>How the next token is chosen.</summary>
public sealed record SamplingOptions
{
    /// <summary>Divides the logits; 0 takes the most probable token.</summary>
    public float Temperature { get; init; }

    /// <summary>Only the k most probable tokens; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the most probable tokens that together reach this probability (Holtzman et al. 2019); 1 for all.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Logits of tokens that already stand in the text are divided (or, if negative, multiplied) by this (Keskar et al. 2019).</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Seed of the draws; of several prompts, prompt i draws with seed + i.</summary>
    public long Seed { get; init; }
}

/// <summary>Chooses tokens from logits. Not thread-safe: one per sequence.</summary>
public sealed class Sampler(SamplingOptions options)
{
    private readonly RandomKey key = RandomKey.OfSeed(options.Seed).For("sampling");
    private (float Logit, int Token)[] candidates = [];
    private long draws;

    /// <summary>The next token.</summary>
    /// <param name="logits">One row, V numbers; changed by the repetition penalty.</param>
    /// <param name="seen">Tokens of the text so far, prompt included.</param>
    public int Choose(Span<float> logits, IReadOnlyList<int> seen)
    {
        Penalise(logits, seen);
        var token = options.Temperature <= 0 ? Largest(logits) : Draw(logits);
        return float.IsFinite(logits[token]) ? token : throw new RunFailedException(new Problem(
            "generation", $"the model's output is {logits[token]} for the most probable token", "the weights are damaged: look at them with a check of the model's folder"));
    }

    private static int Largest(ReadOnlySpan<float> logits)
    {
        var best = 0;
        var most = logits[0];
        for (var i = 1; i < logits.Length; i++)
        {
            if (logits[i] > most)
                (best, most) = (i, logits[i]);
        }
        return best;
    }

    private void Penalise(Span<float> logits, IReadOnlyList<int> seen)
    {
        if (options.RepetitionPenalty == 1)
            return;
        foreach (var token in seen.Distinct())
            logits[token] = logits[token] > 0 ? logits[token] / options.RepetitionPenalty : logits[token] * options.RepetitionPenalty;
    }

    private int Draw(ReadOnlySpan<float> logits)
    {
        if (candidates.Length != logits.Length)
            candidates = new (float, int)[logits.Length];
        // Relative to the largest, so that a small temperature cannot make it infinite.
        var largest = logits[Largest(logits)];
        for (var i = 0; i < logits.Length; i++)
            candidates[i] = ((logits[i] - largest) / options.Temperature, i);
        // Ties by token id, so that the order never depends on the sort.
        Array.Sort(candidates, static (a, b) => a.Logit != b.Logit ? b.Logit.CompareTo(a.Logit) : a.Token.CompareTo(b.Token));
        var kept = options.TopK > 0 ? Math.Min(options.TopK, candidates.Length) : candidates.Length;
        double total = 0;
        for (var i = 0; i < kept; i++)
            total += Math.Exp(candidates[i].Logit);
        if (options.TopP < 1)
            (kept, total) = Nucleus(kept, total);
        var target = key.Uniform(draws++) * total;
        for (var i = 0; i < kept; i++)
        {
            target -= Math.Exp(candidates[i].Logit);
            if (target < 0)
                return candidates[i].Token;
        }
        return candidates[kept - 1].Token;
    }

    private (int Kept, double Total) Nucleus(int kept, double total)
    {
        double sum = 0;
        for (var i = 0; i < kept; i++)
        {
            sum += Math.Exp(candidates[i].Logit);
            if (sum >= options.TopP * total)
                return (i + 1, sum);
        }
        return (kept, sum);
    }
}
