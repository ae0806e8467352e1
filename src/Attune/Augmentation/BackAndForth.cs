namespace Attune.Augmentation;

/// <summary>
/// Back-translation (Sennrich et al. 2016): a model translates a prompt into another language and its translation back; or, with
/// <c>summary</c> in place of a language, notes down what it says and writes it anew from the notes. The answer stays.
/// </summary>
internal sealed class BackAndForth : IModelMethod
{
    public const string Summary = "summary";

    public int Steps => 2;

    public bool KeepsAnswer => true;

    public string Ask(Job job, int step, string reply) => (step, job.Options.Via) switch
    {
        (0, Summary) => $"Note down in a few key words what the message below says, with every name, number and date in it. Write the notes and nothing else.\n\nMessage: {job.Parent.Prompt}",
        (_, Summary) => $"Write the message that somebody would send who means these notes, in the language of the notes, with every name, number and date in them. Write the message and nothing else.\n\nNotes: {reply}",
        (0, var language) => $"Translate the message below into {language}. Write the translation and nothing else.\n\nMessage: {job.Parent.Prompt}",
        // Of the original nothing is shown but its language: else it would come back as it was.
        _ => $"Translate the message below into the language in which these words are written: \"{FirstWords(job.Parent.Prompt)}\". Write the translation and nothing else.\n\nMessage: {reply}",
    };

    public string? Judge(Job job, string prompt, NearPrompts known) => Judgement.OfRewriting(job, prompt);

    private static string FirstWords(string prompt) => string.Join(' ', prompt.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Take(3));
}
