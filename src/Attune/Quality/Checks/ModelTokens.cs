using System.Buffers;
using System.Globalization;
using Attune.Data;
using Attune.Quality.Detectors;

namespace Attune.Quality.Checks;

/// <summary>
/// What a model's tokenizer and template do to the rows: lengths in tokens, rows beyond its positions, rows of which nothing would be trained,
/// characters that it has no token for, its special tokens written in the text, and how many tokens the template adds.
/// </summary>
internal sealed class ModelTokens : QualityCheck
{
    private const double ManyUnknown = 0.001;

    private readonly QualityModel model;
    private readonly ExampleBuilder builder;
    private readonly SearchValues<string>? specials;
    private readonly LengthSketch lengths = new();
    private long tooLong, untrained, withSpecials, tokens, characters, words, unknown, added;

    private ModelTokens(QualityModel model)
    {
        this.model = model;
        builder = new ExampleBuilder(model.Tokenizer, model.Template, new DataOptions { MaxLength = model.Positions, EosIds = model.EndIds });
        string[] names = [.. Enumerable.Range(0, model.Tokenizer.VocabularySize).Where(model.Tokenizer.IsSpecial).Select(model.Tokenizer.TokenText).Where(static t => t.Length > 2)];
        specials = names.Length == 0 ? null : SearchValues.Create(names, StringComparison.Ordinal);
    }

    public static QualityCheckKind Kind { get; } = new("tokens", "what the model reads", "one pass, 4 bytes a row; with --model", static c => c.Options.Model is { } model ? new ModelTokens(model) : null);

    public override string? Look(QualityRow row)
    {
        var (problems, before, inTexts) = (new ProblemList(), builder.Counts.Lengths.Count, 0L);
        var examples = builder.Build(row.Chat, problems).Count();
        var special = false;
        foreach (var turn in row.Chat.Turns)
        {
            inTexts += Count(turn.Content);
            special |= specials is not null && turn.Content.AsSpan().ContainsAny(specials);
        }
        if (special) withSpecials++;
        var length = builder.Counts.Lengths.Skip(before).Sum();
        if (length > 0)
        {
            lengths.Add(length);
            added += Math.Max(0, length - inTexts);
        }
        if (problems.Count > 0)
        {
            untrained++;
            return $"would not be trained: it {problems.First[0].Message}";
        }
        if (examples > 0) return special ? "holds a special token of the model written as text" : null;
        tooLong++;
        return $"has {length} tokens, more than the model's {model.Positions} positions";
    }

    public override QualitySummary Summarise(long concerned, long rows)
    {
        if (lengths.Count == 0) return new QualitySummary(concerned > 0 ? QualitySeverity.Error : QualitySeverity.Fine, "no row has anything to train on");
        List<string> parts = [$"half of the rows have up to {lengths.Percentile(0.5)} tokens, 95 % up to {lengths.Percentile(0.95)}, the longest {lengths.Longest}"];
        parts.Add(string.Create(CultureInfo.InvariantCulture, $"{(words == 0 ? 0 : (double)tokens / words):0.00} tokens a word, and {(double)added / lengths.Count:0.0} a row beside the texts"));
        if (tooLong > 0) parts.Add($"{tooLong} are longer than the model's {model.Positions} positions and would be left out");
        if (untrained > 0) parts.Add($"{untrained} would not be trained");
        if (withSpecials > 0) parts.Add($"{withSpecials} hold a special token of the model written as text");
        if (unknown > 0) parts.Add($"{unknown} tokens stand for characters that the tokenizer does not know as such");
        var bad = tooLong > 0 || untrained > 0 || withSpecials > 0 || unknown > ManyUnknown * tokens;
        return new QualitySummary(bad ? QualitySeverity.Warning : QualitySeverity.Fine, string.Join("; ", parts))
        {
            Figures =
            [
                ("tokens_median", lengths.Percentile(0.5)), ("tokens_p95", lengths.Percentile(0.95)), ("tokens_longest", lengths.Longest), ("tokens_total", lengths.Total), ("positions", model.Positions),
                ("rows_too_long", tooLong), ("rows_not_trained", untrained), ("rows_with_special_tokens", withSpecials), ("tokens_per_word", words == 0 ? 0 : (double)tokens / words),
                ("characters_per_token", tokens == 0 ? 0 : (double)characters / tokens), ("tokens_added_per_row", (double)added / lengths.Count), ("unknown_or_byte_tokens", unknown),
            ],
            Tables = [lengths.Bars("tokens")],
        };
    }

    // Unknown tokens, and the bytes that SentencePiece models write characters in which have no token.
    private long Count(string text)
    {
        var ids = model.Tokenizer.Encode(text, addSpecialTokens: false).Ids;
        foreach (var id in ids)
            if (id == model.Tokenizer.UnknownId || model.Tokenizer.TokenText(id) is ['<', '0', 'x', _, _, '>']) unknown++;
        tokens += ids.Length;
        characters += text.Length;
        words += Lengths.CountWords(text);
        return ids.Length;
    }
}
