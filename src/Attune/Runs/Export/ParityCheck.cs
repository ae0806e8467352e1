using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Evaluation;
using Attune.Models;
using Attune.Reports;

namespace Attune.Runs.Export;

/// <summary>How near another form of a model must come to it.</summary>
/// <param name="Logit">Largest difference of a logit, as a share of the largest logit.</param>
/// <param name="Divergence">Mean divergence KL(model ‖ form) of the next token, in nats.</param>
/// <param name="SameIds">Whether the greedily written ids must be the same.</param>
public sealed record ParityBound(double Logit, double Divergence, bool SameIds)
{
    /// <summary>The same numbers in the same order.</summary>
    public static ParityBound Exact { get; } = new(0, 0, true);

    /// <summary>The same numbers up to the order of sums: merged in F32, or run from another layout.</summary>
    public static ParityBound Reordered { get; } = new(1e-4, 1e-6, true);

    /// <summary>Each weight rounded to a type or mixture of types of that name.</summary>
    public static ParityBound Rounded(string type) => type switch
    {
        "f32" => Reordered,
        "f16" => new(0.03, 1e-3, false),
        "bf16" => new(0.1, 0.01, false),
        "q8_0" => new(0.15, 0.01, false),
        // Four bits change what a small model says; a form that is broken says something unrelated, at one nat and more.
        "q4_0" or "q4_k_m" => new(0.6, 0.4, false),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "has no bound"),
    };
}

/// <summary>A text that model and form are asked to go on with.</summary>
/// <param name="Text">The user's message, or running text.</param>
/// <param name="AsChat">Whether the chat template, if there is one, writes it as a message.</param>
public sealed record ParityPrompt(string Text, bool AsChat)
{
    /// <summary>What is asked where the user gives nothing.</summary>
    public static IReadOnlyList<ParityPrompt> Default { get; } =
    [
        new("Once upon a time", false), new("Hello! What can you do for me?", true), new("Please write one sentence about a river.", true),
        new("The answer to 12 + 30 is", false), new("My order has not arrived. What now?", true),
    ];
}

/// <summary>
/// Holds other forms of a model (merged, exported, loaded again as a stranger would) against it: the same prompts to the same ids, and
/// over the model's own greedy continuation of each the same next-token logits.
/// </summary>
public sealed class ParityCheck
{
    private const int LongestContinuation = 32, LongestPrompt = 256, LossRows = 64;

    private readonly IReadOnlyList<ParityPrompt> prompts;
    private readonly IReadOnlyList<Example> rows;
    private readonly List<(int[] Ids, int Start)> texts = [];
    private readonly List<float[][]> logits = [];
    private readonly double largest;
    private readonly int vocabulary, newTokens, longestPrompt;

    /// <summary>Lets the model speak.</summary>
    /// <param name="model">What every form is held against.</param>
    /// <param name="prompts">What it is asked; of one of more than 256 tokens, or more than it has room for, the beginning. Without any, those of <see cref="ParityPrompt.Default"/>.</param>
    /// <param name="rows">Rows whose loss is compared too; may be none.</param>
    /// <param name="cancel">Looked at before every pass.</param>
    public ParityCheck(InferenceModel model, IReadOnlyList<ParityPrompt> prompts, IReadOnlyList<Example> rows, CancellationToken cancel)
    {
        vocabulary = model.Decoder.Spec.Vocabulary;
        var positions = model.Decoder.Spec.WithoutWindows.MaxPositions;
        newTokens = Math.Min(LongestContinuation, positions / 2);
        longestPrompt = Math.Min(LongestPrompt, positions - newTokens);
        this.prompts = [.. prompts.Where(p => IdsOf(model, p).Length > 0)];
        if (this.prompts.Count == 0)
            this.prompts = ParityPrompt.Default;
        this.rows = [.. rows.Take(LossRows)];
        var asked = this.prompts.Select(p => (IReadOnlyList<int>)IdsOf(model, p)).ToArray();
        var written = model.Generate(asked, new GenerationOptions { MaxNewTokens = newTokens }, cancel: cancel);
        for (var i = 0; i < asked.Length; i++)
            texts.Add(([.. asked[i], .. written[i].Ids], asked[i].Count - 1));
        using var arena = Reserve(model);
        foreach (var text in texts)
        {
            logits.Add(Logits(model, text, arena));
            largest = Math.Max(largest, logits[^1].Max(static row => row.Max(Math.Abs)));
        }
        Loss = MeanLoss(model, arena, cancel);
    }

    /// <summary>Mean loss of the model on the rows; null where there are none.</summary>
    public double? Loss { get; }

    /// <summary>Holds a form against the model.</summary>
    /// <param name="name">For the table.</param>
    /// <param name="form">The form, loaded.</param>
    /// <param name="bound">How near it must come.</param>
    /// <param name="cancel">Looked at before every pass.</param>
    public ParityLine Compare(string name, InferenceModel form, ParityBound bound, CancellationToken cancel)
    {
        // Ids of one vocabulary mean nothing in another.
        if (form.Decoder.Spec.Vocabulary != vocabulary)
            return new ParityLine(name, texts.Count, 0, double.PositiveInfinity, bound.Logit * largest, false) { SamePrompts = false, Divergence = double.PositiveInfinity };
        using var arena = Reserve(form);
        double worst = 0, divergence = 0;
        var (sameIds, compared, readAlike) = (0, 0, true);
        for (var i = 0; i < texts.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            var (ids, start) = texts[i];
            readAlike &= IdsOf(form, prompts[i]).AsSpan().SequenceEqual(ids.AsSpan(0, start + 1));
            var own = Logits(form, texts[i], arena);
            var same = true;
            for (var r = 0; r < own.Length; r++)
            {
                worst = Math.Max(worst, Difference(logits[i][r], own[r]));
                divergence += Divergence(logits[i][r], own[r]);
                compared++;
                same &= r == own.Length - 1 || Largest(own[r]) == ids[start + 1 + r];
            }
            sameIds += same ? 1 : 0;
        }
        var mean = divergence / Math.Max(1, compared);
        // NaN compares as false: a form that is not a number does not hold.
        var holds = readAlike && worst <= bound.Logit * largest && mean <= bound.Divergence && (!bound.SameIds || sameIds == texts.Count);
        return new ParityLine(name, texts.Count, sameIds, worst, bound.Logit * largest, holds)
        {
            SamePrompts = readAlike,
            Divergence = mean,
            Loss = MeanLoss(form, arena, cancel),
        };
    }

    // Of the model and of every form alike.
    private int[] IdsOf(InferenceModel model, ParityPrompt prompt) => model.Prompt(prompt.Text, raw: !prompt.AsChat) is var ids && ids.Length <= longestPrompt ? ids : ids[..longestPrompt];

    private Arena Reserve(InferenceModel model)
    {
        // The longest does not bound the others: free ranges are taken where they first fit.
        var bytes = texts.Select(static t => (t.Ids.Length, Wanted: t.Ids.Length - t.Start)).Distinct()
            .Max(t => InferencePlan.LastLogits(model.Decoder, model.Backend, model.Adapters, t.Length, t.Wanted));
        if (rows.Count > 0)
            bytes = Math.Max(bytes, TokenLosses.Plan(model.Decoder, model.Adapters, PassRows, model.Backend));
        return model.Reserve(bytes);
    }

    private int PassRows => rows.Max(static e => e.Positions);

    private double? MeanLoss(InferenceModel model, Arena arena, CancellationToken cancel) => rows.Count == 0
        ? null
        : TokenLosses.Measure(model.Decoder, model.Adapters, rows, PassRows, model.Backend, arena, cancel).Mean;

    private static float[][] Logits(InferenceModel model, (int[] Ids, int Start) text, Arena arena)
    {
        using var tape = new Tape(model.Backend, arena, record: false);
        var wanted = Enumerable.Range(text.Start, text.Ids.Length - text.Start).ToArray();
        var rows = model.Decoder.Logits(tape, Pass.Packed([text.Ids.Length]) with { Adapters = model.Adapters }, text.Ids, wanted);
        return [.. Enumerable.Range(0, rows.Rows).Select(r => rows.Row<float>(r).ToArray())];
    }

    private static double Difference(float[] a, float[] b)
    {
        if (a.Length != b.Length)
            return double.PositiveInfinity;
        double worst = 0;
        for (var i = 0; i < a.Length; i++)
        {
            var off = Math.Abs((double)a[i] - b[i]);
            if (!(off <= worst))
                worst = off;
        }
        return worst;
    }

    // Σ p (ln p − ln q), in F64.
    private static double Divergence(float[] a, float[] b)
    {
        if (a.Length != b.Length)
            return double.PositiveInfinity;
        var (normA, normB) = (LogSum(a), LogSum(b));
        double sum = 0;
        for (var i = 0; i < a.Length; i++)
        {
            var p = a[i] - normA;
            sum += Math.Exp(p) * (p - (b[i] - normB));
        }
        return sum;
    }

    private static double LogSum(float[] z)
    {
        double top = z.Max(), sum = 0;
        foreach (var x in z)
            sum += Math.Exp(x - top);
        return top + Math.Log(sum);
    }

    private static int Largest(float[] z) => Array.IndexOf(z, z.Max());
}
