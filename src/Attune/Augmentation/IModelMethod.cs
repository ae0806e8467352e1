namespace Attune.Augmentation;

/// <summary>A way of having a model make rows.</summary>
internal interface IModelMethod
{
    /// <summary>Questions that lead to a new prompt, each with the reply to the one before.</summary>
    int Steps { get; }

    /// <summary>Whether the new row has its parent's answer; else it has one of its own.</summary>
    bool KeepsAnswer { get; }

    /// <summary>Whether the teacher's answer to the new prompt becomes the row's.</summary>
    bool TeacherAnswers => false;

    /// <summary>Whether a row comes of several.</summary>
    bool IsOfSeveral => false;

    /// <summary>What the model is asked.</summary>
    /// <param name="job">The row that is to be made.</param>
    /// <param name="step">From 0.</param>
    /// <param name="reply">The reply to the step before, cleaned; empty in the first.</param>
    string Ask(Job job, int step, string reply);

    /// <summary>The prompt, and the answer where the method writes one, in the last reply; null where it is not in the form that was asked for.</summary>
    (string Prompt, string? Answer)? Read(string reply) => (Replies.Clean(reply), null);

    /// <summary>Why the prompt is no good, as an end of "dropped: …"; null where it is.</summary>
    string? Judge(Job job, string prompt, NearPrompts known);
}

/// <summary>What models put around that which they were asked for.</summary>
internal static class Replies
{
    /// <summary>A reply without reasoning, announcements and quotation marks around it.</summary>
    public static string Clean(string reply)
    {
        var end = reply.LastIndexOf("</think>", StringComparison.Ordinal);
        var text = (end < 0 ? reply : reply[(end + 8)..]).Trim();
        // "Here is the message:" in a line of its own, or a label in front.
        var line = text.IndexOf('\n', StringComparison.Ordinal);
        if (line > 0 && text[..line].TrimEnd().EndsWith(':') && text[line..].Trim().Length > 0)
            text = text[line..].Trim();
        foreach (var label in (string[])["New message:", "Message:", "Translation:", "Summary:"])
        {
            if (text.StartsWith(label, StringComparison.OrdinalIgnoreCase))
                text = text[label.Length..].Trim();
        }
        return text.Length > 2 && text[0] is '"' or '“' && text[^1] is '"' or '”' && text.IndexOf(text[^1], 1) == text.Length - 1 ? text[1..^1].Trim() : text;
    }
}
