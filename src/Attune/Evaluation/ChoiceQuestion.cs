using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Data;
using Attune.Evaluation.Metrics;
using Attune.Problems;
using Attune.Text;

namespace Attune.Evaluation;

/// <summary>A question with several answers to choose from, each as an example of which only the answer counts.</summary>
/// <param name="Examples">Prompt and choice, one a choice.</param>
/// <param name="Bytes">Bytes of each choice as UTF-8, at least 1.</param>
/// <param name="Right">Which one is expected.</param>
public sealed record ChoiceQuestion(IReadOnlyList<Example> Examples, IReadOnlyList<int> Bytes, int Right)
{
    /// <summary>How many choices, from the first, are true, where several are; 0 where one is expected.</summary>
    public int True { get; init; }

    /// <summary>Where there is one answer alone: whether it is a right one.</summary>
    public bool? Flag { get; init; }

    /// <summary>Most different answers that are taken for a set of labels: every question is read once with each.</summary>
    public const int MostLabels = 100;

    /// <summary>Questions whose choices are all answers that are expected somewhere, with the very tokens that training shows.</summary>
    /// <param name="questions">The questions that are asked.</param>
    /// <param name="all">Answers of all test rows.</param>
    /// <exception cref="UserErrorException">The answers are too many to be labels.</exception>
    public static IReadOnlyList<ChoiceQuestion> OfLabels(IReadOnlyList<Question> questions, IReadOnlyList<Question> all)
    {
        // By text and not by ids alone: the same label may be cut differently after different prompts.
        var labels = all.GroupBy(static q => q.Expected, StringComparer.Ordinal).OrderBy(static g => g.Key, StringComparer.Ordinal).ToArray();
        if (labels.Length is < 2 or > MostLabels)
        {
            throw new UserErrorException(
                "choice", $"the test rows expect {labels.Length} different answers; a set of labels has 2 to {MostLabels}",
                "name the column that holds each row's choices (choice:COLUMN), or choose another metric");
        }
        return [.. questions.Select(q => Make(
            q, [.. labels.Select(g => g.Key == q.Expected ? q.AnswerIds : g.First().AnswerIds)], [.. labels.Select(static g => g.Key)],
            Array.FindIndex(labels, g => g.Key == q.Expected)))];
    }

    /// <summary>Questions whose choices stand in a column: a list of texts, or one text with a line or a <c>|</c> between them.</summary>
    /// <param name="questions">The questions that are asked.</param>
    /// <param name="column">The column's name.</param>
    /// <param name="values">What stands in it.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="stopIds">Ids that end an answer.</param>
    /// <exception cref="UserErrorException">A row has no choices, or the expected answer is not among them.</exception>
    public static IReadOnlyList<ChoiceQuestion> OfColumn(
        IReadOnlyList<Question> questions, string column, IReadOnlyDictionary<(string File, int Row), JsonNode?> values, Tokenizer tokenizer,
        IReadOnlyCollection<int> stopIds)
    {
        var problems = new List<Problem>();
        var asked = new List<ChoiceQuestion>();
        foreach (var q in questions)
        {
            var texts = values.TryGetValue((q.File, q.Row), out var node) ? Texts(node) : null;
            var right = texts is null ? -1 : Array.FindIndex(texts, t => ExactMatch.Plain(t) == ExactMatch.Plain(q.Expected));
            if (texts is not { Length: > 1 })
                problems.Add(new Problem(q.Place, $"`{column}` holds no choices", "put a list of at least two texts there, or one text with | between them"));
            else if (right < 0)
                problems.Add(new Problem(q.Place, $"the expected answer {PatternMatch.Quote(q.Expected)} is none of the choices in `{column}`", "mend the row"));
            else
                asked.Add(Make(q, [.. texts.Select(t => Ids(q, t, tokenizer, stopIds))], texts, right));
        }
        return problems.Count == 0 ? asked : throw new UserErrorException([.. problems.Take(20)]);
    }

    /// <summary>A question with given choices, each scored up to its last token and without a stop token, as the published suites score them.</summary>
    /// <param name="question">The question.</param>
    /// <param name="texts">The choices.</param>
    /// <param name="right">Which one is expected.</param>
    /// <param name="tokenizer">The model's.</param>
    internal static ChoiceQuestion OfTexts(Question question, IReadOnlyList<string> texts, int right, Tokenizer tokenizer) =>
        Make(question, [.. texts.Select(t => Ids(question, t, tokenizer, []))], [.. texts], right);

    private static string[]? Texts(JsonNode? node) => node switch
    {
        JsonArray list when list.All(static n => n?.GetValueKind() == JsonValueKind.String) => [.. list.Select(static n => n!.GetValue<string>())],
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>()
            .Split(['|', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
        _ => null,
    };

    // All choices in the same way, the expected one too: with the white space that the row's own answer begins with, and its stop token.
    private static int[] Ids(Question q, string text, Tokenizer tokenizer, IReadOnlyCollection<int> stopIds)
    {
        var lead = q.Expected[..^q.Expected.TrimStart().Length];
        var ids = tokenizer.Encode(lead + text.Trim(), addSpecialTokens: false).Ids;
        return stopIds.Count == 0 ? ids : [.. ids, .. q.AnswerIds.AsSpan(Question.WithoutStops(q.AnswerIds, stopIds).Length)];
    }

    private static ChoiceQuestion Make(Question q, int[][] choices, string[] texts, int right) => new(
        [.. choices.Select(ids => new Example(
            [.. q.Prompt, .. ids], [.. Enumerable.Repeat(false, q.Prompt.Length), .. Enumerable.Repeat(true, ids.Length)], q.File, q.Row, 0))],
        [.. texts.Select(static t => Math.Max(1, System.Text.Encoding.UTF8.GetByteCount(t.Trim())))],
        right);
}
