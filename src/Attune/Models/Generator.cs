using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Problems;
using Attune.Text;

namespace Attune.Models;

/// <summary>
/// Writes texts with a model, many at once: every pass takes one new token of each text that is under way and as much of waiting
/// prompts as it has rows for.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="tokenizer">Turns tokens into text.</param>
/// <param name="backend">Runs the kernels.</param>
/// <param name="arena">Memory: <see cref="Plan"/> says how much.</param>
/// <param name="adapters">Adapters to apply, or null.</param>
public sealed class Generator(Decoder model, Tokenizer tokenizer, Backend backend, Arena arena, IAdapterSet? adapters)
{
    /// <summary>Most rows of one pass: long prompts are read in pieces of this.</summary>
    public const int PassRows = 512;

    /// <summary>Most texts under way at once.</summary>
    public const int MaxSlots = 16;

    /// <summary>
    /// Bytes of arena that writing needs, measured by running one full pass on pretended memory. A bound for every smaller number of
    /// texts and every smaller length too: what passes take is stacked.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="backend">The backend that will run.</param>
    /// <param name="adapters">Adapters to apply, or null.</param>
    /// <param name="texts">How many texts are wanted.</param>
    /// <param name="length">Longest prompt and answer together, in tokens.</param>
    public static long Plan(Decoder model, Backend backend, IAdapterSet? adapters, int texts, int length)
    {
        using var arena = Arena.Pretended();
        using var stacked = arena.Stacked();
        var dry = new DryRunBackend(backend);
        var slots = Math.Min(texts, MaxSlots);
        var limit = Math.Min(length, model.Spec.MaxPositions);
        using var cache = new KeyValueCache(arena, model.Spec, dry, slots, limit);
        var rows = Math.Min(PassRows, slots * limit);
        var spans = new List<AttentionSpan>();
        for (var (slot, left) = (0, rows); slot < slots && left > 0; slot++)
        {
            // All slots take part, the first ones with long pieces: the worst that a pass can be.
            var take = Math.Min(limit, left - (slots - slot - 1));
            spans.Add(new AttentionSpan(rows - left, take, slot * limit, limit));
            left -= take;
        }
        var pass = new Pass { Plan = new AttentionPlan(spans), Positions = new int[rows], Cache = cache, Adapters = adapters };
        using var tape = new Tape(dry, arena, record: false);
        model.Logits(tape, pass, new int[rows], new int[slots]);
        return arena.Peak;
    }

    /// <summary>Writes one text; <paramref name="onText"/> gets it piece by piece.</summary>
    public Generated Generate(IReadOnlyList<int> prompt, GenerationOptions options, Action<string>? onText = null, CancellationToken cancel = default) =>
        GenerateAll([prompt], options, onText is null ? null : (_, text) => onText(text), cancel)[0];

    /// <summary>Writes one text per prompt, in the order of the prompts.</summary>
    /// <param name="prompts">Token ids: at least one each, and no more than the model has positions.</param>
    /// <param name="options">How far, and how.</param>
    /// <param name="onText">Gets the prompt's index and the next piece of its text.</param>
    /// <param name="cancel">Looked at before every pass.</param>
    public Generated[] GenerateAll(
        IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options, Action<int, string>? onText = null, CancellationToken cancel = default)
    {
        if (prompts.Count == 0)
            return [];
        CheckPrompts(prompts);
        var slots = Math.Min(prompts.Count, MaxSlots);
        var length = Math.Min(model.Spec.MaxPositions, prompts.Max(static p => p.Count) + options.MaxNewTokens);
        using var stacked = arena.Stacked();
        using var cache = new KeyValueCache(arena, model.Spec, backend, slots, length);
        var results = new Generated[prompts.Count];
        var active = new List<Text>();
        var idle = new Stack<int>(Enumerable.Range(0, slots).Reverse());
        var next = 0;
        while (next < prompts.Count || active.Count > 0)
        {
            cancel.ThrowIfCancellationRequested();
            while (next < prompts.Count && idle.TryPop(out var slot))
            {
                active.Add(new Text(next, slot, prompts[next], options, tokenizer));
                next++;
            }
            Step(active, cache, options, onText);
            foreach (var done in active.Where(static a => a.Result is not null).ToArray())
            {
                results[done.Index] = done.Result!;
                idle.Push(done.Slot);
                active.Remove(done);
            }
        }
        return results;
    }

    private void CheckPrompts(IReadOnlyList<IReadOnlyList<int>> prompts)
    {
        var problems = new List<Problem>();
        for (var i = 0; i < prompts.Count; i++)
        {
            if (prompts[i].Count == 0)
                problems.Add(new Problem($"prompt {i + 1}", "is empty", "begin with one token at least"));
            else if (prompts[i].Count > model.Spec.MaxPositions)
                problems.Add(new Problem($"prompt {i + 1}", $"has {prompts[i].Count} tokens, the model has {model.Spec.MaxPositions} positions", "shorten it"));
        }
        if (problems.Count > 0)
            throw new UserErrorException(problems);
    }

    private void Step(List<Text> active, KeyValueCache cache, GenerationOptions options, Action<int, string>? onText)
    {
        var (ids, positions, rows) = (new List<int>(), new List<int>(), new List<int>());
        var (spans, finished) = (new List<AttentionSpan>(), new List<Text>());
        for (var i = 0; i < active.Count; i++)
        {
            var text = active[i];
            // Every text behind this one is left a row at least.
            var take = Math.Min(text.Pending, PassRows - ids.Count - (active.Count - i - 1));
            spans.Add(new AttentionSpan(ids.Count, take, text.Slot * cache.Length, text.Done + take));
            for (var j = 0; j < take; j++)
            {
                positions.Add(text.Done + j);
                ids.Add(text.Ids[text.Done + j]);
            }
            text.Done += take;
            if (text.Pending == 0)
            {
                rows.Add(ids.Count - 1);
                finished.Add(text);
            }
        }
        var pass = new Pass { Plan = new AttentionPlan(spans), Positions = [.. positions], Cache = cache, Adapters = adapters };
        using var tape = new Tape(backend, arena, record: false);
        var logits = model.Logits(tape, pass, ids.ToArray(), rows.ToArray());
        for (var i = 0; i < finished.Count; i++)
        {
            var shown = finished[i].Take(logits.Row<float>(i), options, cache.Length);
            if (shown.Length > 0)
                onText?.Invoke(finished[i].Index, shown);
        }
    }

    /// <summary>One text under way.</summary>
    private sealed class Text(int index, int slot, IReadOnlyList<int> prompt, GenerationOptions options, Tokenizer tokenizer)
    {
        private readonly Sampler sampler = new(options.Sampling with { Seed = options.Sampling.Seed + index });
        private readonly StopScanner scanner = new(options.StopStrings);
        private readonly TokenStream stream = tokenizer.Stream();
        private readonly System.Text.StringBuilder text = new();

        public int Index { get; } = index;

        public int Slot { get; } = slot;

        public List<int> Ids { get; } = [.. prompt];

        /// <summary>Tokens that are in the cache.</summary>
        public int Done { get; set; }

        public int Pending => Ids.Count - Done;

        public Generated? Result { get; private set; }

        /// <summary>Chooses the next token; returns the text that it adds.</summary>
        public string Take(Span<float> logits, GenerationOptions options, int capacity)
        {
            if (options.MaxNewTokens <= 0 || Ids.Count >= capacity)
                return End(StopReason.Length);
            var token = sampler.Choose(logits, Ids);
            if (options.StopIds.Contains(token))
                return End(StopReason.StopToken);
            Ids.Add(token);
            var shown = scanner.Push(stream.Push(token));
            text.Append(shown);
            if (scanner.Stopped)
                return shown + End(StopReason.StopString);
            // The last token is not read again: nothing is chosen after it.
            return Ids.Count - prompt.Count >= options.MaxNewTokens || Ids.Count >= capacity ? shown + End(StopReason.Length) : shown;
        }

        private string End(StopReason reason)
        {
            var rest = scanner.Push(stream.Flush()) + scanner.Flush();
            text.Append(rest);
            Result = new Generated(Ids.GetRange(prompt.Count, Ids.Count - prompt.Count), text.ToString(), reason);
            return rest;
        }
    }
}
