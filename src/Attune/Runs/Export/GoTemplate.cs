using Attune.Problems;
using Attune.Text;

namespace Attune.Runs.Export;

/// <summary>
/// Says a chat template in Ollama's template language, if it is of the common kind: each message is words of its role, the content, and words of its role,
/// one behind the other. The words are found by rendering conversations with marks for contents, and are then tried on other
/// conversations: a template that does anything else is not said at all.
/// </summary>
internal sealed class GoTemplate
{
    private const string First = "\u2402one", Second = "\u2402two", Answer = "\u2403", System = "\u2401";

    private readonly Func<IReadOnlyList<ChatMessage>, bool, string> render;
    private (string Before, string After) user, assistant, system;
    private string opening = "", generation = "";

    private GoTemplate(Func<IReadOnlyList<ChatMessage>, bool, string> render) => this.render = render;

    /// <summary>The template for Ollama; null where it cannot be said.</summary>
    /// <param name="render">Messages, and whether an answer is asked for → text.</param>
    /// <param name="addedBos">The text of a token that the runner puts in front by itself; null for none.</param>
    public static string? Of(Func<IReadOnlyList<ChatMessage>, bool, string> render, string? addedBos)
    {
        try
        {
            var template = new GoTemplate(render);
            return template.Learn() && template.IsRight() ? template.Write(addedBos) : null;
        }
        catch (Exception e) when (e is TemplateRefusedException or UserErrorException)
        {
            // It refuses one of the conversations, such as one with a system message, or has a fault that shows there.
            return null;
        }
    }

    // …[opening][user before]One[user after][assistant before]A[assistant after][user before]Two[user after]
    private bool Learn()
    {
        ChatMessage[] asked = [new("user", First)], answered = [.. asked, new("assistant", Answer)];
        var long3 = Parts(render([.. answered, new("user", Second)], false), First, Answer, Second);
        var long2 = Parts(render(answered, false), First, Answer);
        var led = Parts(render([new("system", System), .. asked], false), System, First);
        if (long3 is null || long2 is null || led is null)
            return false;
        (user.After, assistant.After) = (long3[3], long2[2]);
        if (!long3[1].StartsWith(user.After, StringComparison.Ordinal) || !long3[2].StartsWith(assistant.After, StringComparison.Ordinal))
            return false;
        (assistant.Before, user.Before) = (long3[1][user.After.Length..], long3[2][assistant.After.Length..]);
        if (!long3[0].EndsWith(user.Before, StringComparison.Ordinal) || !led[1].EndsWith(user.Before, StringComparison.Ordinal))
            return false;
        opening = long3[0][..^user.Before.Length];
        system = (led[0], led[1][..^user.Before.Length]);
        var (open, closed) = (render(asked, true), render(asked, false));
        if (!open.StartsWith(closed, StringComparison.Ordinal))
            return false;
        generation = open[closed.Length..];
        return true;
    }

    private bool IsRight()
    {
        ChatMessage sys = new("system", "Be brief."), hello = new("user", "Hello, you."), hi = new("assistant", "Hi!"), more = new("user", "And 2?"), done = new("assistant", "So.");
        ChatMessage[][] trials = [[hello], [sys, hello], [hello, hi, more], [sys, hello, hi, more], [hello, hi, more, done], [sys, hello, hi, more, done, hello]];
        return trials.All(t => Render(t, false) == render(t, false) && Render(t, true) == render(t, true));
    }

    private string Render(ChatMessage[] messages, bool generate)
    {
        var text = messages[0].Role == "system" ? "" : opening;
        foreach (var message in messages)
        {
            var (before, after) = message.Role switch { "system" => system, "user" => user, _ => assistant };
            text += before + message.Content + after;
        }
        return generate ? text + generation : text;
    }

    private string? Write(string? addedBos)
    {
        string Cut(string text) => addedBos is not null && text.StartsWith(addedBos, StringComparison.Ordinal) ? text[addedBos.Length..] : text;
        string Message((string Before, string After) words) => words.Before + "{{ .Content }}" + words.After;
        var begin = Cut(opening);
        var all = new[] { begin, system.Before, system.After, user.Before, user.After, assistant.Before, assistant.After, generation };
        if (all.Any(static w => w.Contains("{{", StringComparison.Ordinal) || w.Contains("}}", StringComparison.Ordinal) || w.Contains("\"\"\"", StringComparison.Ordinal)))
            return null;
        var first = begin.Length == 0 ? "" : "{{ if ne (index .Messages 0).Role \"system\" }}" + begin + "{{ end }}";
        return first + "{{ range .Messages }}{{ if eq .Role \"system\" }}" + Message((Cut(system.Before), system.After))
            + "{{ else if eq .Role \"user\" }}" + Message(user)
            + "{{ else if eq .Role \"assistant\" }}" + Message(assistant)
            + "{{ end }}{{ end }}" + generation;
    }

    // The text before, between and behind marks that each stand in it once, in this order; else null.
    private static string[]? Parts(string text, params string[] marks)
    {
        var parts = new List<string>();
        foreach (var mark in marks)
        {
            var at = text.IndexOf(mark, StringComparison.Ordinal);
            if (at < 0)
                return null;
            parts.Add(text[..at]);
            text = text[(at + mark.Length)..];
        }
        return marks.Any(m => text.Contains(m, StringComparison.Ordinal)) ? null : [.. parts, text];
    }
}
