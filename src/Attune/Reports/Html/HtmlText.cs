using System.Text;

namespace Attune.Reports.Html;

/// <summary>Text made safe for HTML and XML: cleaned, then the five characters with a meaning become references. Whatever a model generates stays text.</summary>
internal static class HtmlText
{
    public static string Escape(string text) => References(SafeText.Clean(text));

    /// <summary>The same, cut after <paramref name="most"/> characters with a note of how many are missing.</summary>
    public static string Escape(string text, int most) => References(SafeText.Clean(text, most));

    private static string References(string text)
    {
        var safe = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            _ = c switch
            {
                '&' => safe.Append("&amp;"),
                '<' => safe.Append("&lt;"),
                '>' => safe.Append("&gt;"),
                '"' => safe.Append("&quot;"),
                '\'' => safe.Append("&#39;"),
                _ => safe.Append(c),
            };
        }

        return safe.ToString();
    }
}
