using System.Text.RegularExpressions;

namespace Attune.Augmentation;

/// <summary>
/// Self-Instruct (Wang et al. 2023): a model is shown a few rows and writes another, with its answer; it stays if its ROUGE-L with every prompt
/// that is there is below 0.7.
/// </summary>
/// <remarks>
/// Rows that are shown come from the data alone, where the paper mixes in two of those written before: every new row then has parents that a
/// person wrote, and what is written does not depend on the order in which a server answers. Where classes are balanced all shown rows are of
/// one class.
/// </remarks>
internal sealed partial class SelfInstruct : IModelMethod
{
    public int Steps => 1;

    public bool KeepsAnswer => false;

    public bool IsOfSeveral => true;

    public string Ask(Job job, int step, string reply) =>
        $"Below are {job.Shown.Count} examples of one task. Write one more, of another content, in the same form and language: a line that begins with \"Message:\", then a line that begins with \"Answer:\", and nothing else.\n\n"
        + string.Join("\n\n", job.Shown.Select(static r => $"Message: {r.Prompt}\nAnswer: {r.Answer}"));

    public (string Prompt, string? Answer)? Read(string reply)
    {
        var end = reply.LastIndexOf("</think>", StringComparison.Ordinal);
        return Form().Match(end < 0 ? reply : reply[(end + 8)..]) is { Success: true } match ? (match.Groups[1].Value.Trim(), match.Groups[2].Value.Trim()) : null;
    }

    public string? Judge(Job job, string prompt, NearPrompts known) =>
        Judgement.OfLength(prompt, job.Shown.Min(static r => r.Prompt.Length) / 2, job.Shown.Max(static r => r.Prompt.Length) * 2 + Judgement.Slack) ?? Judgement.OfText(prompt) ?? known.Judge(prompt, null);

    // The first of them, where it goes on with a further example.
    [GeneratedRegex(@"^\s*Message:(.+?)\n\s*Answer:(.+?)(?=\n\s*Message:|\z)", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Form();
}
