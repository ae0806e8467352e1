using System.Text.RegularExpressions;
using Attune.Data;
using Attune.Models;
using Attune.Problems;
using Attune.Text;

namespace Attune.Evaluation;

/// <summary>A question with the answer that the data expects.</summary>
/// <param name="Prompt">Token ids up to where the last learned part begins.</param>
/// <param name="PromptText">The same as text.</param>
/// <param name="Expected">The last learned part as text, without its stop token.</param>
public sealed record Question(int[] Prompt, string PromptText, string Expected)
{
    /// <summary>At most <paramref name="rows"/> questions, spread evenly over the examples that ask one; running text asks none.</summary>
    public static IReadOnlyList<Question> Of(IReadOnlyList<Example> examples, int rows, IReadOnlyCollection<int> stopIds, Tokenizer tokenizer) =>
        [.. Spread([.. examples.Where(static e => Array.FindLastIndex(e.Trained, static t => !t) > 0)], rows).Select(e => Of(e, stopIds, tokenizer))];

    // Evenly over the file: data sets often stand in the order of their labels, and the first rows would be one label's.
    private static IEnumerable<Example> Spread(IReadOnlyList<Example> examples, int wanted)
    {
        var taken = Math.Min(wanted, examples.Count);
        return Enumerable.Range(0, taken).Select(i => examples[(int)((long)i * examples.Count / taken)]);
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
        var answer = example.Ids.AsSpan(start, end - start);
        while (answer.Length > 0 && stopIds.Contains(answer[^1]))
            answer = answer[..^1];
        var prompt = example.Ids[..start];
        return new Question(prompt, tokenizer.Decode(prompt, skipSpecialTokens: true), tokenizer.Decode(answer, skipSpecialTokens: true));
    }
}

/// <summary>A model's answer to a question.</summary>
/// <param name="Text">What it wrote.</param>
/// <param name="IsRight">Whether it agrees with what was expected.</param>
/// <param name="Stopped">Whether it ended by itself.</param>
public sealed record Answer(string Text, bool IsRight, bool Stopped);

/// <summary>When an answer counts as right.</summary>
public sealed class AnswerMatch
{
    private readonly Func<string, string?> part;

    private AnswerMatch(string name, Func<string, string?> part) => (Name, this.part) = (name, part);

    /// <summary>For tables.</summary>
    public string Name { get; }

    /// <summary>The rule that a recipe names: <c>exact</c>, <c>first-line</c>, or a regular expression whose match is compared.</summary>
    /// <exception cref="UserErrorException">Not a regular expression.</exception>
    public static AnswerMatch Parse(string rule)
    {
        if (rule == "exact")
            return new AnswerMatch("exact match", static text => text.Trim());
        if (rule == "first-line")
            return new AnswerMatch("first line right", static text => text.Trim().Split('\n')[0].Trim());
        try
        {
            var expression = new Regex(rule, RegexOptions.CultureInvariant | RegexOptions.Multiline, TimeSpan.FromSeconds(1));
            return new AnswerMatch("matching part right", text => expression.Match(text) is { Success: true } m ? m.Value : null);
        }
        catch (ArgumentException e)
        {
            throw new UserErrorException("eval.match", $"\"{rule}\" is not a regular expression ({e.Message})", "use exact, first-line, or a regular expression");
        }
    }

    /// <summary>Whether the compared part of both is there and the same.</summary>
    public bool IsRight(string expected, string written) => part(expected) is { } wanted && part(written) == wanted;
}

/// <summary>Lets a model answer questions, greedily.</summary>
public static class Answers
{
    /// <summary>One answer per question.</summary>
    public static Answer[] Of(
        IReadOnlyList<Question> questions, Generator generator, AnswerMatch match, int maxNewTokens, IReadOnlyCollection<int> stopIds,
        Action<int>? onAnswered = null, CancellationToken cancel = default)
    {
        var options = new GenerationOptions { MaxNewTokens = maxNewTokens, StopIds = stopIds };
        var answers = new List<Answer>();
        // In groups, so that progress can be shown.
        foreach (var group in questions.Chunk(2 * Generator.MaxSlots))
        {
            var written = generator.GenerateAll([.. group.Select(static q => (IReadOnlyList<int>)q.Prompt)], options, cancel: cancel);
            answers.AddRange(written.Zip(group, (w, q) => new Answer(w.Text, match.IsRight(q.Expected, w.Text), w.Reason != StopReason.Length)));
            onAnswered?.Invoke(answers.Count);
        }
        return [.. answers];
    }
}
