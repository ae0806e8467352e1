using System.Text;
using System.Text.RegularExpressions;

namespace Attune.Recipes;

/// <summary>Text as YAML scalars: plain where no YAML reader could take it for something else, else in double quotes.</summary>
internal static partial class YamlText
{
    public static string ScalarOrList(IReadOnlyList<string> items) =>
        items.Count == 1 ? Scalar(items[0]) : "[" + string.Join(", ", items.Select(Scalar)) + "]";

    public static string Scalar(string text)
    {
        if (Plain().IsMatch(text) && text is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off"))
            return text;
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                < ' ' or '\x7f' or '\x85' or '\u2028' or '\u2029' or '\ufeff' => quoted.Append("\\u").Append(((int)c).ToString("x4", null)),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }

    [GeneratedRegex(@"^[A-Za-z/_][A-Za-z0-9/_.\-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();
}
