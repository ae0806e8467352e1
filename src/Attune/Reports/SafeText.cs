using System.Text;

namespace Attune.Reports;

/// <summary>
/// Text from outside (rows, a model's answers) made safe to show: control characters, lone surrogates and non-characters, which no document
/// may hold, and marks that reorder text, which could make one answer look like another, become U+FFFD. Carriage returns go.
/// </summary>
public static class SafeText
{
    /// <summary>The text with U+FFFD for each character that is not shown as it is.</summary>
    public static string Clean(string text)
    {
        var safe = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                safe.Append(c).Append(text[++i]);
            else if (c != '\r')
                safe.Append(IsShown(c) ? c : '\ufffd');
        }

        return safe.ToString();
    }

    /// <summary>The same, cut after <paramref name="most"/> characters with a note of how many are missing.</summary>
    public static string Clean(string text, int most) => text.Length <= most
        ? Clean(text)
        : Clean(text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)]) + $" … ({Numbers.Count(text.Length - most)} more characters)";

    private static bool IsShown(char c) => c switch
    {
        '\t' or '\n' => true,
        < ' ' or (>= '\x7f' and <= '\x9f') or '\ufffe' or '\uffff' => false,
        (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') => false,
        _ => !char.IsSurrogate(c),
    };
}
