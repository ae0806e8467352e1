using Attune.Quality.Detectors;

namespace Attune.Quality.Checks;

/// <summary>How long prompts and answers are, in characters and in words. It concerns no row: it tells what the data is.</summary>
internal sealed class Lengths : QualityCheck
{
    private readonly LengthSketch prompts = new(), answers = new(), promptWords = new(), answerWords = new();

    public static QualityCheckKind Kind { get; } = new("lengths", "lengths", "one pass, a few kilobytes", static _ => new Lengths());

    public override string? Look(QualityRow row)
    {
        answers.Add(row.Answer.Length);
        answerWords.Add(CountWords(row.Answer));
        if (row.Prompt.Length == 0) return null;
        prompts.Add(row.Prompt.Length);
        promptWords.Add(CountWords(row.Prompt));
        return null;
    }

    public override QualitySummary Summarise(long concerned, long rows)
    {
        if (answers.Count == 0) return new QualitySummary(QualitySeverity.Fine, "no row could be read");
        var text = $"half of the answers have up to {answerWords.Percentile(0.5)} words, 95 % up to {answerWords.Percentile(0.95)}, the longest {answerWords.Longest}"
            + (prompts.Count == 0 ? "" : $"; prompts {promptWords.Percentile(0.5)}, {promptWords.Percentile(0.95)}, {promptWords.Longest}");
        List<QualityTable> tables = [answers.Bars("answer characters")];
        if (prompts.Count > 0) tables.Add(prompts.Bars("prompt characters"));
        return new QualitySummary(QualitySeverity.Fine, text)
        {
            Figures = [.. Figures("answer_words", answerWords), .. Figures("answer_characters", answers), .. Figures("prompt_words", promptWords), .. Figures("prompt_characters", prompts)],
            Tables = tables,
        };
    }

    private static IEnumerable<(string, double)> Figures(string name, LengthSketch sketch) => sketch.Count == 0 ? [] :
        [($"{name}_median", sketch.Percentile(0.5)), ($"{name}_p95", sketch.Percentile(0.95)), ($"{name}_longest", sketch.Longest), ($"{name}_total", sketch.Total)];

    /// <summary>Runs of letters and digits; a character of a script without blanks counts as a word.</summary>
    public static int CountWords(string text)
    {
        var (words, within) = (0, false);
        foreach (var c in text)
        {
            if (c is >= '\u3040' and <= '\u9FFF')
            {
                words++;
                within = false;
                continue;
            }
            var letter = char.IsLetterOrDigit(c) || (within && c is '\'' or '’');
            if (letter && !within) words++;
            within = letter;
        }
        return words;
    }
}
