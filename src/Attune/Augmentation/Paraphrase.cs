namespace Attune.Augmentation;

/// <summary>A model says a prompt in other words; the answer stays. Each further one of a row is asked for in another manner.</summary>
internal sealed class Paraphrase : IModelMethod
{
    private static readonly string[] Manners =
    [
        "Use other words and another order of the sentence.", "Write it as somebody in a hurry would.", "Write it politely, in full sentences.", "Write it in the plain words of everyday talk.",
    ];

    public int Steps => 1;

    public bool KeepsAnswer => true;

    public string Ask(Job job, int step, string reply) =>
        $"Say the message below in other words. {Manners[job.Number % Manners.Length]} Keep its meaning, its language, and every name, number and date. Write the new message and nothing else.\n\nMessage: {job.Parent.Prompt}";

    public string? Judge(Job job, string prompt, NearPrompts known) => Judgement.OfRewriting(job, prompt);
}
