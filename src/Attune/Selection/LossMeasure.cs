using Attune.Data;
using Attune.Engine;
using Attune.Evaluation;

namespace Attune.Selection;

/// <summary>
/// Loss of a row's answers: its sum over the trained tokens, and how many those are; where the difficulty is asked for, also the sum without
/// the prompt in front.
/// </summary>
/// <remarks>
/// Of the prompt stays what all prompts of the data share, at their beginning and at their end: the words of the template, a system message that
/// never changes. Else a model that knows the template would find every answer hard without it, and the difference would say nothing
/// of the row. Where they share nothing, the one token before the answer stays, since the first needs something to be predicted from.
/// </remarks>
/// <param name="shared">What stays in front of answers that are measured without their prompts; null where none are.</param>
internal sealed class LossMeasure(int[]? shared) : RowMeasure
{
    // Longer beginnings and ends are no template.
    private const int MostShared = 64;

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, string Value)> Settings => [("measure", shared is null ? "loss" : "loss with and without prompt")];

    /// <inheritdoc/>
    public override int Values => shared is null ? 2 : 3;

    /// <inheritdoc/>
    public override long Plan(MeasuringModel model) => TokenLosses.Plan(model.Decoder, model.Adapters, model.PassRows, model.Backend);

    /// <inheritdoc/>
    public override IReadOnlyList<Measured> Of(IReadOnlyList<SelectionRow> rows, MeasuringModel model, Arena arena, CancellationToken cancel)
    {
        var given = Sums(rows, static r => r.Examples, model, arena, cancel);
        if (shared is null)
            return [.. given.Select(static g => new Measured([g.Sum, g.Tokens]))];
        var without = Sums(rows, r => [.. r.Examples.SelectMany(e => AnswersAlone(e, shared))], model, arena, cancel);
        return [.. given.Zip(without, static (g, w) => new Measured([g.Sum, g.Tokens, w.Sum]))];
    }

    /// <summary>The tokens that all prompts begin with and those that all end with, one behind the other; empty where they share none.</summary>
    public static int[] Shared(IReadOnlyList<SelectionRow> rows)
    {
        var first = rows[0].Examples[0].Prompt;
        var (start, end) = (Math.Min(first.Length, MostShared), Math.Min(first.Length, MostShared));
        foreach (var example in rows.SelectMany(static r => r.Examples))
        {
            var prompt = example.Prompt;
            start = Math.Min(start, prompt.CommonPrefixLength(first));
            end = Math.Min(end, SharedEnd(prompt, first));
        }
        // Where all prompts are the same one, beginning and end overlap.
        return [.. first[..Math.Min(start, first.Length - end)], .. first[^end..]];
    }

    /// <summary>Every answer of an example as an example of its own, behind what all prompts share, or the one token that stands before it.</summary>
    public static IEnumerable<Example> AnswersAlone(Example example, int[] shared)
    {
        for (var start = Array.IndexOf(example.Trained, true); start >= 0;)
        {
            var end = Array.IndexOf(example.Trained, false, start);
            var length = (end < 0 ? example.Ids.Length : end) - start;
            // The first token of all is never trained, so that there is one in front.
            int[] front = shared.Length > 0 && shared.Length <= start ? shared : [example.Ids[start - 1]];
            yield return example with { Ids = [.. front, .. example.Ids[start..(start + length)]], Trained = [.. Enumerable.Repeat(false, front.Length), .. Enumerable.Repeat(true, length)] };
            start = end < 0 ? -1 : Array.IndexOf(example.Trained, true, end);
        }
    }

    private static int SharedEnd(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        var n = 0;
        while (n < Math.Min(a.Length, b.Length) && a[^(n + 1)] == b[^(n + 1)])
            n++;
        return n;
    }

    private static (double Sum, int Tokens)[] Sums(
        IReadOnlyList<SelectionRow> rows, Func<SelectionRow, IReadOnlyList<Example>> examplesOf, MeasuringModel model, Arena arena, CancellationToken cancel)
    {
        var (examples, owners) = (new List<Example>(), new List<int>());
        for (var row = 0; row < rows.Count; row++)
        {
            foreach (var example in examplesOf(rows[row]))
            {
                examples.Add(example);
                owners.Add(row);
            }
        }
        var losses = TokenLosses.Measure(model.Decoder, model.Adapters, examples, model.PassRows, model.Backend, arena, cancel).Examples;
        var sums = new (double Sum, int Tokens)[rows.Count];
        for (var i = 0; i < losses.Count; i++)
            sums[owners[i]] = (sums[owners[i]].Sum + losses[i].Sum, sums[owners[i]].Tokens + losses[i].Tokens);
        return sums;
    }
}
