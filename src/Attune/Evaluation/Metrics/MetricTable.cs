using Attune.Problems;

namespace Attune.Evaluation.Metrics;

/// <summary>A metric, or what is wrong with the words that should have named one.</summary>
public readonly record struct Parsed(Metric? Metric, string? Problem)
{
    /// <summary>A metric.</summary>
    public static implicit operator Parsed(Metric metric) => new(metric, null);

    /// <summary>A problem.</summary>
    internal static Parsed Wrong(string problem) => new(null, problem);
}

/// <summary>A kind of metric.</summary>
/// <param name="Name">As a recipe writes it, before the colon.</param>
/// <param name="Argument">What may follow the colon, in square brackets where it may be left out; empty where nothing may.</param>
/// <param name="Help">What it measures.</param>
/// <param name="Parse">Makes the metric of its argument; null where none was given.</param>
public sealed record MetricKind(string Name, string Argument, string Help, Func<string?, Parsed> Parse)
{
    /// <summary>How it is written: <c>numeric[:tolerance]</c>.</summary>
    public string Form => Name + Argument;
}

/// <summary>Every metric. To add one: a file beside this one and a line here.</summary>
public static class MetricTable
{
    /// <summary>The table, in the order of the help.</summary>
    public static IReadOnlyList<MetricKind> All { get; } =
    [
        new("loss", "", "mean −ln p of the tokens that count, in nats", Plain(LossMetric.Loss)),
        new("perplexity", "", "e to the loss", Plain(LossMetric.Perplexity)),
        new("token-accuracy", "", "share of the tokens that the model finds the most likely", Plain(LossMetric.TokenAccuracy)),
        new("exact", "[:squad]", "the whole answer is the expected one, apart from white space; squad: as SQuAD compares", ExactMatch.Whole),
        new("first-line", "", "the first line of the answer is the expected one", Plain(ExactMatch.FirstLine)),
        new("regex", ":pattern", "what a regular expression finds in both is the same (its first group, where it has one)", PatternMatch.Parse),
        new("label", "[:pattern]", "the label is right: the first line, or what a regular expression finds; with macro-F1 and what was taken for what", LabelMetric.Parse),
        new("numeric", "[:tolerance]", "the last number is the expected one, within tolerance · max(1, |expected|)", NumericAnswer.Parse),
        new("f1", "", "words that both share, as SQuAD counts them", Plain(static () => new AnswerMetric("F1 of words (SQuAD)", WordOverlap.F1))),
        new("rouge-l", "", "longest common subsequence of words, F measure", Plain(static () => new AnswerMetric("ROUGE-L", WordOverlap.RougeL))),
        new("json", "", "the answer is JSON", Plain(JsonAnswer.Valid)),
        new("json-fields", "[:field,…]", "F1 over the fields of JSON answers", JsonAnswer.Fields),
        new("choice", "[:column]", "the most likely of several choices is the expected one: those in a column, or all expected answers; plain and per byte", static column => new ChoiceMetric(column)),
    ];

    /// <summary>All forms, for messages and help.</summary>
    public static string Forms { get; } = string.Join(", ", All.Select(static k => k.Form));

    /// <summary>Reads <c>name</c> or <c>name:argument</c>.</summary>
    public static Parsed Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (name, argument) = colon < 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
        if (All.FirstOrDefault(k => k.Name == name) is not { } kind)
        {
            var near = Nearest.To(name, All.Select(static k => k.Name));
            return Parsed.Wrong($"'{text}' is no metric" + (near is null ? $"; there are {Forms}" : $" (did you mean {near}?)"));
        }
        if (argument is { Length: 0 })
            return Parsed.Wrong($"'{text}' ends with its colon, expected {kind.Form}");
        var parsed = kind.Parse(argument);
        if (parsed.Metric is { } metric)
            metric.Name = text;
        return parsed;
    }

    /// <summary>The metrics of names that were checked before.</summary>
    /// <exception cref="UserErrorException">One of them is none.</exception>
    public static IReadOnlyList<Metric> ParseAll(IEnumerable<string> names) =>
        [.. names.Select(static n => Parse(n) is { Metric: { } metric } ? metric : throw new UserErrorException("metrics", Parse(n).Problem!, $"choose among {Forms}"))];

    private static Func<string?, Parsed> Plain(Func<Metric> make) =>
        argument => argument is null ? make() : Parsed.Wrong($"expected nothing after the colon, found '{argument}'");
}
