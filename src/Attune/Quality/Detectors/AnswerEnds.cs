using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Attune.Quality.Detectors;

/// <summary>Answers that say nothing, and answers that stop before they end.</summary>
internal static class AnswerEnds
{
    private const int ShortestProse = 60, FewestWords = 8, ShortestCut = 40;

    private static readonly SearchValues<char> Closing = SearchValues.Create(".!?…\"'”’»)]}`*_>|~。！？」』）】؟।");

    private static readonly HashSet<string> Fillers = new(StringComparer.OrdinalIgnoreCase)
    {
        "null", "nan", "n/a", "undefined", "tbd", "todo", "<noinput>", "<nooutput>", "[object object]", "no output", "<empty>", "[empty]", "[deleted]", "[removed]", "none given",
    };

    // No sentence ends with them, in the languages in which they are words at all.
    private static readonly HashSet<string> Leading = new(StringComparer.OrdinalIgnoreCase)
    {
        "the", "an", "and", "or", "of", "with", "because", "which", "your", "their", "und", "oder", "der", "ein", "eine", "et", "les", "des", "une", "los", "una",
    };

    /// <summary>Whether an answer says nothing: no letter, digit or symbol.</summary>
    public static bool IsEmpty(string answer)
    {
        foreach (var rune in answer.EnumerateRunes())
            if (Rune.IsLetterOrDigit(rune) || Rune.IsSymbol(rune)) return false;
        return true;
    }

    /// <summary>Whether an answer is what programs write in place of one: <c>null</c>, <c>N/A</c>.</summary>
    public static bool IsFiller(string answer) => answer.Length < 20 && Fillers.Contains(answer.Trim());

    /// <summary>Where an answer was cut, if it shows by itself: in a code block, in JSON, within a sentence. Null where it does not.</summary>
    public static string? CutIn(string answer)
    {
        if (HasOpenFence(answer)) return "a code block";
        if (IsOpenJson(answer)) return "JSON";
        var text = answer.AsSpan().TrimEnd();
        if (text.Length < ShortestCut) return null;
        if (text[^1] is ',' or '(' or '[') return "a sentence";
        var word = text[(text.LastIndexOfAny(" \n\t") + 1)..];
        return word.Length < 8 && Leading.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word) && IsProse(answer) ? "a sentence" : null;
    }

    /// <summary>Whether the last line of an answer is a sentence rather than an item, a title or code, so that a closing sign may be expected.</summary>
    public static bool IsProse(string answer)
    {
        var text = answer.AsSpan().TrimEnd();
        var line = text[(text.LastIndexOf('\n') + 1)..].Trim();
        if (line.Length < ShortestProse || char.IsDigit(line[0]) || line[0] is '-' or '*' or '•' or '#' or '|' or '>' or '+' || line.ContainsAny("{}=;\\")) return false;
        return line.Count(' ') >= FewestWords - 1;
    }

    /// <summary>Whether the last character is one that ends a text: a closing sign, a figure or a symbol. An address needs none.</summary>
    public static bool IsClosed(string answer)
    {
        var text = answer.AsSpan().TrimEnd();
        if (text.IsEmpty) return true;
        if (Closing.Contains(text[^1]) || char.IsDigit(text[^1]) || char.IsSymbol(text[^1]) || char.IsSurrogate(text[^1])) return true;
        return text[(text.LastIndexOfAny(" \n\t") + 1)..].IndexOfAny("/@") >= 0;
    }

    private static bool HasOpenFence(string answer)
    {
        if (!answer.Contains("```", StringComparison.Ordinal)) return false;
        var open = false;
        foreach (var line in answer.AsSpan().EnumerateLines())
            if (line.TrimStart().StartsWith("```") && line.TrimStart().TrimStart('`').IndexOf('`') < 0) open = !open;
        return open;
    }

    /// <summary>Whether a text is the beginning of a JSON document and goes no further.</summary>
    private static bool IsOpenJson(string answer)
    {
        var text = answer.AsSpan().Trim();
        if (text.Length < 2 || text[0] is not ('{' or '[')) return false;
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text.ToString()), isFinalBlock: false, default);
        var tokens = 0;
        try
        {
            while (reader.Read()) tokens++;
        }
        catch (JsonException)
        {
            return false;
        }
        return tokens > 1 && (reader.CurrentDepth > 0 || reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray);
    }
}
