using System.CommandLine;
using System.Globalization;

namespace Attune.Cli;

/// <summary>
/// Holds the words of options to the form that recipes read numbers in, and says what is expected: by itself the parser takes 0,8 for 8, a comma being what parts thousands, and names types of the
/// program to people.
/// </summary>
internal static class TypedWords
{
    /// <summary>Has an option's words looked at before they are converted.</summary>
    public static void Check(Option option)
    {
        if (Form(Single(option.ValueType)) is not var (fits, form))
            return;
        option.Validators.Add(result =>
        {
            foreach (var word in result.Tokens.Select(static t => t.Value).Where(w => !fits(w)))
                result.AddError($"{option.Name} {word}: expected {form}");
        });
    }

    private static Type Single(Type type) => Nullable.GetUnderlyingType(type) ?? (type.IsArray ? type.GetElementType()! : type);

    private static (Func<string, bool> Fits, string Form)? Form(Type type)
    {
        if (type == typeof(double))
            return (static w => double.TryParse(w, NumberStyles.Float, CultureInfo.InvariantCulture, out _), "a number such as 0.5, with a point");
        if (type == typeof(int))
            return (static w => int.TryParse(w, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _), "a whole number");
        if (type == typeof(long))
            return (static w => long.TryParse(w, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _), "a whole number");
        if (!type.IsEnum)
            return null;
        string[] names = [.. Enum.GetNames(type).Select(static n => n.ToLowerInvariant())];
        return (w => names.Contains(w, StringComparer.OrdinalIgnoreCase), $"one of {string.Join(", ", names)}");
    }
}
