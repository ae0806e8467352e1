using System.Text;

namespace Attune.Recipes;

/// <summary>
/// Writes a recipe as YAML that <see cref="RecipeReader"/> reads back to the same recipe. Keys that nothing reads are left out;
/// a value that was chosen automatically carries the rule as a comment.
/// </summary>
public static class RecipeWriter
{
    /// <param name="recipe">The recipe, resolved or not.</param>
    /// <param name="reasons">By key name: why the value is what it is. Keys that are not in it were given, or are defaults.</param>
    /// <param name="heading">Lines of comment at the top; none if empty.</param>
    public static string Write(Recipe recipe, IReadOnlyDictionary<string, string>? reasons = null, string heading = "")
    {
        var yaml = new StringBuilder();
        foreach (var line in heading.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            yaml.Append("# ").Append(OneLine(line)).Append('\n');
        var section = "";
        foreach (var key in RecipeKeys.All.Where(k => k.Idle(recipe) is null))
        {
            if (key.Section != section)
            {
                section = key.Section;
                yaml.Append('\n').Append(section).Append(":\n");
            }

            var entry = $"{(section.Length == 0 ? "" : "  ")}{key.Leaf}: {key.Write(recipe)}";
            yaml.Append(entry);
            if (reasons?.GetValueOrDefault(key.Name) is { Length: > 0 } reason)
                yaml.Append(' ', Math.Max(1, 36 - entry.Length)).Append("# ").Append(OneLine(reason));
            yaml.Append('\n');
        }

        return yaml.ToString();
    }

    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c));
}
