using Attune.Text;

namespace Attune.Data;

/// <summary>A text's tokens with the mask, before anything is cut.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="Trained">Per token whether it is learned.</param>
/// <param name="Straddles">True if a token lies across the border of prompt and answer; it counts as prompt.</param>
internal sealed record MaskedText(int[] Ids, bool[] Trained, bool Straddles);

/// <summary>Turns texts into tokens and masks: by position in the text, never by what a token is.</summary>
internal sealed class Masker(Tokenizer tokenizer, IReadOnlySet<int> eosIds)
{
    private readonly string? bosText = tokenizer.BosId is { } id ? tokenizer.TokenText(id) : null;

    /// <summary>A rendered conversation: each answer is learned up to and with the stop token behind it.</summary>
    /// <param name="chat">The text and its answers.</param>
    /// <param name="stopIds">The stop tokens that are known; takes those that are found.</param>
    /// <param name="place">The row, for the error.</param>
    /// <param name="problems">Takes an answer without a stop token.</param>
    public MaskedText? Chat(RenderedChat chat, ISet<int> stopIds, string place, ProblemList problems)
    {
        var encoding = EncodeRendered(chat.Text);
        var trained = new bool[encoding.Ids.Length];
        var straddles = false;
        foreach (var answer in chat.Answers)
        {
            var stop = answer.HasCalls ? StopBehindCalls(encoding, answer, stopIds) : FirstSpecial(encoding, answer.ContentEnd, answer.Limit);
            if (stop < 0)
            {
                var behind = Quote(chat.Text[answer.ContentEnd..answer.Limit]);
                problems.Add(place,
                    $"messages[{answer.Turn}]: no stop token follows the answer (the template writes {behind}), so the model would never learn to stop",
                    tokenizer.EosId is { } end
                        ? $"give a template file (data.template) that ends an answer with {tokenizer.TokenText(end)}"
                        : "the tokenizer names no end token: choose a model that has one");
                return null;
            }
            stopIds.Add(encoding.Ids[stop]);
            straddles |= Mark(encoding, trained, answer.Start, stop);
        }
        return new MaskedText(encoding.Ids, trained, straddles);
    }

    /// <summary>A prompt and its completion as they stand, then the end token.</summary>
    public MaskedText Completion(string prompt, string completion)
    {
        var encoding = Encode(prompt + completion, withEnd: true);
        var trained = new bool[encoding.Ids.Length];
        var straddles = Mark(encoding, trained, prompt.Length, encoding.Ids.Length - 1);
        trained[^1] = true;
        return new MaskedText(encoding.Ids, trained, straddles);
    }

    /// <summary>A document, learned as a whole, then the end token.</summary>
    public MaskedText Document(string text)
    {
        var ids = Encode(text, withEnd: true).Ids;
        var trained = new bool[ids.Length];
        // An added BOS comes first, and the first token is never a target anyway.
        Array.Fill(trained, true, 1, ids.Length - 1);
        return new MaskedText(ids, trained, false);
    }

    /// <summary>Index of the first special token (or end token) of a span of the text; -1 if there is none.</summary>
    public int FirstSpecial(Encoding encoding, int from, int to)
    {
        for (var t = 0; t < encoding.Ids.Length; t++)
        {
            var (start, end) = encoding.Offsets[t];
            if (start >= from && end <= to && end > start && (tokenizer.IsSpecial(encoding.Ids[t]) || eosIds.Contains(encoding.Ids[t]))) return t;
        }
        return -1;
    }

    /// <summary>The ids of a text with what the tokenizer puts around it, but with one BOS at the most, and with an end token only where it is asked for.</summary>
    public Encoding Encode(string text, bool withEnd)
    {
        var encoding = tokenizer.Encode(text, addSpecialTokens: !BringsBos(text));
        return WithoutTwice(encoding, text, withEnd);
    }

    /// <summary>The ids of what a chat template wrote: one BOS at the most, no end token but the template's.</summary>
    public Encoding EncodeRendered(string text) =>
        WithoutTwice(tokenizer.EncodeRendered(text, addSpecialTokens: !BringsBos(text)), text, withEnd: false);

    private bool BringsBos(string text) => !string.IsNullOrEmpty(bosText) && text.StartsWith(bosText, StringComparison.Ordinal);

    private Encoding WithoutTwice(Encoding encoding, string text, bool withEnd)
    {
        var (from, to) = (0, encoding.Ids.Length);
        if (to > 1 && encoding.Ids[0] == tokenizer.BosId && encoding.Ids[1] == tokenizer.BosId) from = 1;
        if (to > from && encoding.Ids[to - 1] == tokenizer.EosId && encoding.Offsets[to - 1].Length == 0) to--;
        var ids = encoding.Ids[from..to];
        var offsets = encoding.Offsets[from..to];
        return withEnd && tokenizer.EosId is { } end && (ids.Length == 0 || ids[^1] != end)
            ? new Encoding([.. ids, end], [.. offsets, new CharRange(text.Length, text.Length)])
            : new Encoding(ids, offsets);
    }

    // Calls may hold special tokens themselves: the first that is known to end a turn, else the last of them, is the stop token.
    private int StopBehindCalls(Encoding encoding, AnswerSpan answer, ISet<int> stopIds)
    {
        var last = -1;
        for (var t = FirstSpecial(encoding, answer.ContentEnd, answer.Limit); t >= 0; t = FirstSpecial(encoding, encoding.Offsets[t].End, answer.Limit))
        {
            if (stopIds.Contains(encoding.Ids[t])) return t;
            last = t;
        }
        return last;
    }

    // Marks the tokens that begin at `from` or later, up to index `last`; true if one lies across `from`.
    private static bool Mark(Encoding encoding, bool[] trained, int from, int last)
    {
        var straddles = false;
        for (var t = 0; t <= last; t++)
        {
            var (start, end) = encoding.Offsets[t];
            trained[t] |= start >= from && (t > 0 || end > start);
            straddles |= start < from && from < end;
        }
        return straddles;
    }

    internal static string Quote(string text) => text.Length == 0 ? "nothing" : $"`{text.ReplaceLineEndings("\\n")}`";
}
