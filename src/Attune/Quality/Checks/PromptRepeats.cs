using Attune.Problems;
using Attune.Quality.Detectors;

namespace Attune.Quality.Checks;

/// <summary>Answers that begin with the whole prompt; and answers that stand in their prompt, word for word.</summary>
internal sealed class PromptRepeats : QualityCheck
{
    private enum Leak
    {
        None,
        Repeated,
        Given,
    }

    // Where many answers stand in the prompt, finding them there is the task.
    private const double TaskShare = 0.05;

    private long given, rowsWithPrompt;

    public static QualityCheckKind Kind { get; } = new("leakage", "prompts in answers", "one pass", static _ => new PromptRepeats())
    {
        Remedies = [new("leakage", "drops rows whose answer begins with the prompt")],
    };

    public override object Find(QualityRow row) => row.Prompt.Length == 0 ? Leak.None : PromptLeaks.Repeats(row.Prompt, row.Answer) ? Leak.Repeated : PromptLeaks.Gives(row.Prompt, row.Answer) ? Leak.Given : Leak.None;

    public override string? Look(QualityRow row)
    {
        if (row.Prompt.Length == 0) return null;
        rowsWithPrompt++;
        var leak = row.Found<Leak>(this);
        if (leak == Leak.Repeated) return "begins its answer with the whole prompt";
        if (leak == Leak.Given) given++;
        return null;
    }

    public override QualitySummary Summarise(long concerned, long rows)
    {
        var task = given > TaskShare * rowsWithPrompt;
        var tail = given == 0 ? "" : $"{given} longer answers stand word for word in their prompts" + (task ? ", which is the task or a leak" : "");
        return new QualitySummary(
            concerned > 0 ? QualitySeverity.Warning : given > 0 ? QualitySeverity.Note : QualitySeverity.Fine,
            concerned > 0 ? $"{concerned.Grouped()} of {rows.Grouped()} answers begin with their whole prompt{(tail.Length > 0 ? $"; {tail}" : "")}" : tail.Length > 0 ? tail : "no answer repeats its prompt or stands in it")
        {
            Figures = [("answers_within_the_prompt", given)],
        };
    }
}
