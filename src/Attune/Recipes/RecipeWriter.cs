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

    /// <summary>
    /// Writes a recipe to be edited: what was given stands as it was given, every other key behind a comment sign with its default, each
    /// with its help above it.
    /// </summary>
    /// <param name="recipe">The recipe, for the keys that have an effect in it.</param>
    /// <param name="given">By key name: the values, in the user's own spelling.</param>
    public static string WriteExplained(Recipe recipe, IReadOnlyDictionary<string, IReadOnlyList<string>> given)
    {
        var yaml = new StringBuilder("# A recipe of Attune. Lines behind # are what holds anyway; take the sign away to change one.\n");
        var section = "";
        foreach (var key in RecipeKeys.All.Where(k => k.Idle(recipe) is null))
        {
            if (key.Section != section)
            {
                section = key.Section;
                // A section without a key in it would be a value of its own.
                var isEmpty = !RecipeKeys.All.Any(k => k.Section == section && given.ContainsKey(k.Name));
                yaml.Append('\n').Append(isEmpty ? "# " : "").Append(section).Append(":\n");
            }
            var indent = section.Length == 0 ? "" : "  ";
            yaml.Append(indent).Append("# ").Append(OneLine(key.Help)).Append('\n');
            yaml.Append(given.TryGetValue(key.Name, out var values)
                ? $"{indent}{key.Leaf}: {(key.IsList ? YamlText.ScalarOrList(values) : YamlText.Scalar(values[0]))}\n"
                : $"{indent}# {key.Leaf}: {key.Default}\n");
        }

        return yaml.ToString();
    }

    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c));
}
