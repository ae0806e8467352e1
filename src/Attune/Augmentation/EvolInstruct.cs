using Attune.Evaluation.Metrics;

namespace Attune.Augmentation;

/// <summary>
/// Evol-Instruct (Xu et al. 2023, WizardLM): a model makes a prompt harder, in turn by a further constraint, by asking for more, by something more
/// concrete, and by more steps of reasoning, or writes another one of the same field (in breadth); then the teacher answers it.
/// </summary>
/// <remarks>
/// Eliminated are, as in the paper, prompts that add nothing to their parents (here: fewer than three new words, where the paper asks a model) or
/// repeat the instruction, and answers that give up or hold no word of their own (<see cref="JudgeAnswer"/>). Beyond it, prompts near
/// another one by ROUGE-L, as in Self-Instruct.
/// </remarks>
internal sealed class EvolInstruct : IModelMethod
{
    private const int FewestNew = 3, ShortAnswer = 80;

    private static readonly string[] Ways =
    [
        "Make it harder by one more condition that the answer has to meet.", "Make it harder by asking for more depth and breadth on the same subject.",
        "Make it harder by something more specific in the place of what it says in general.", "Make it harder by asking for something that takes several steps of reasoning.",
        "Write another one, of the same field and length, about something rarer.",
    ];

    private static readonly string[] Instruction = ["the message below", "given message", "new message", "rewritten message", "make it harder", "#rewritten"];

    public int Steps => 1;

    public bool KeepsAnswer => false;

    public bool TeacherAnswers => true;

    public string Ask(Job job, int step, string reply) =>
        $"Rewrite the message below. {Ways[job.Number % Ways.Length]} It must stay reasonable, so that a person understands it and can answer it, and grow by twenty words at the most. Write the new message and nothing else.\n\nMessage: {job.Parent.Prompt}";

    public string? Judge(Job job, string prompt, NearPrompts known)
    {
        var own = WordOverlap.Words(job.Parent.Prompt).ToHashSet(StringComparer.Ordinal);
        return Judgement.OfLength(prompt, job.Parent.Prompt.Length / 3, job.Parent.Prompt.Length * 3 + 5 * Judgement.Slack)
            ?? (WordOverlap.Words(prompt).Distinct(StringComparer.Ordinal).Count(w => !own.Contains(w)) < FewestNew ? "adds nothing to its parent" : null)
            ?? (Instruction.Any(i => prompt.Contains(i, StringComparison.OrdinalIgnoreCase)) ? "repeats the instruction" : null)
            ?? Judgement.OfText(prompt) ?? known.Judge(prompt, job.Parent.Prompt);
    }

    /// <summary>Why an answer is no good; null where it is.</summary>
    public static string? JudgeAnswer(string answer)
    {
        var words = WordOverlap.Words(answer);
        return words.Count < ShortAnswer && words.Contains("sorry") ? "the teacher gives up on it"
            : words.All(RuleTexts.IsCommon) ? "its answer says nothing" : null;
    }
}
