using Attune.Data;
using Attune.Text;

namespace Attune.Evaluation;

/// <summary>A question with the answer that the data expects.</summary>
/// <param name="Prompt">Token ids up to where the last learned part begins.</param>
/// <param name="PromptText">The same as text.</param>
/// <param name="AnswerIds">The last learned part, with the stop token that ends it.</param>
/// <param name="Expected">The same as text, without its stop token.</param>
/// <param name="File">The name of the file it came from.</param>
/// <param name="Row">The row's number there, from 1.</param>
public sealed record Question(int[] Prompt, string PromptText, int[] AnswerIds, string Expected, string File = "", int Row = 0)
{
    /// <summary>All answers that count as right, where a task has several.</summary>
    public IReadOnlyList<string> Accepted { get; init; } = [];

    /// <summary>The text that the answer must stand in; empty where there is none.</summary>
    public string Context { get; init; } = "";

    /// <summary>A yes or no that a task has about the row; null where it has none.</summary>
    public bool? Flag { get; init; }

    /// <summary>For messages: file and row.</summary>
    public string Place => $"{File}, row {Row}";

    /// <summary>At most <paramref name="rows"/> questions, spread evenly over the examples that ask one; running text asks none.</summary>
    public static IReadOnlyList<Question> Of(IReadOnlyList<Example> examples, int rows, IReadOnlyCollection<int> stopIds, Tokenizer tokenizer) =>
        [.. Spread([.. examples.Where(static e => Array.FindLastIndex(e.Trained, static t => !t) > 0)], rows).Select(e => Of(e, stopIds, tokenizer))];

    /// <summary>At most <paramref name="wanted"/> items, evenly over the list: data sets often stand in the order of their labels, and the first rows would be one label's.</summary>
    public static IEnumerable<T> Spread<T>(IReadOnlyList<T> items, int wanted)
    {
        var taken = Math.Min(wanted, items.Count);
        return Enumerable.Range(0, taken).Select(i => items[(int)((long)i * items.Count / taken)]);
    }

    /// <summary>Tokens of the longest expected answer, at least 1.</summary>
    public static int LongestAnswer(IReadOnlyList<Question> questions, Tokenizer tokenizer) =>
        questions.Count == 0 ? 1 : Math.Max(1, questions.Max(q => tokenizer.Encode(q.Expected, addSpecialTokens: false).Ids.Length));

    /// <summary>The question that an example asks.</summary>
    public static Question Of(Example example, IReadOnlyCollection<int> stopIds, Tokenizer tokenizer)
    {
        var end = Array.FindLastIndex(example.Trained, static t => t) + 1;
        var start = end;
        while (start > 1 && example.Trained[start - 1])
            start--;
        var answer = example.Ids[start..end];
        var prompt = example.Ids[..start];
        return new Question(
            prompt, tokenizer.Decode(prompt, skipSpecialTokens: true), answer,
            tokenizer.Decode(WithoutStops(answer, stopIds), skipSpecialTokens: true), example.File, example.Row);
    }

    /// <summary>An answer's ids without the stop tokens at its end.</summary>
    internal static ReadOnlySpan<int> WithoutStops(ReadOnlySpan<int> answer, IReadOnlyCollection<int> stopIds)
    {
        while (answer.Length > 0 && stopIds.Contains(answer[^1]))
            answer = answer[..^1];
        return answer;
    }
}
