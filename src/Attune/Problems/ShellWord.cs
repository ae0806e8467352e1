namespace Attune.Problems;

/// <summary>Words of commands that are shown to be pasted.</summary>
public static class ShellWord
{
    /// <summary>A text as one word of a shell's command line: as it is, or in single quotes where a shell would read it otherwise.</summary>
    public static string Of(string text) => text.Length > 0 && text.All(static c => char.IsAsciiLetterOrDigit(c) || "-_./:=".Contains(c, StringComparison.Ordinal))
        ? text
        : "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    /// <summary>Several, one behind the other.</summary>
    public static string Of(IEnumerable<string> words) => string.Join(' ', words.Select(Of));
}
