using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Attune.Quality.Detectors;

/// <summary>Answers that say nothing, and answers that stop before they end.</summary>
internal static class AnswerEnds
{
    private const int ShortestProse = 60, FewestWords = 8, ShortestCut = 40;

    private static readonly SearchValues<string> Apart = SearchValues.Create(["  ", " - ", " • ", " * ", "\t"], StringComparison.Ordinal);

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

    /// <summary>Whether an answer ends in running text rather than in an item, a title or code, so that a closing sign may be expected.</summary>
    public static bool IsProse(string answer)
    {
        var text = answer.AsSpan().Trim();
        var start = text.LastIndexOf('\n') + 1;
        var line = text[start..].Trim();
        if (line.Length < ShortestProse || char.IsDigit(line[0]) || line[0] is '-' or '*' or '•' or '#' or '|' or '>' or '+' || line.ContainsAny("{}=;\\") || line.Count(' ') < FewestWords - 1) return false;
        var end = line[..^1].LastIndexOf(". ", StringComparison.Ordinal);
        // Below other lines, a line of one sentence is as a rule an item. Items on one line stand apart by hyphens or runs of blanks.
        return (start == 0 || end >= 0) && !line[(end + 1)..].Trim().ContainsAny(Apart);
    }

    /// <summary>Whether a text breaks off: a word in small letters stands last. A sign or a figure may be meant as the end, a title or an address needs none.</summary>
    public static bool IsOpen(string answer)
    {
        var text = answer.AsSpan().TrimEnd();
        var word = text[(text.LastIndexOfAny(" \n\t") + 1)..];
        return word.Length > 0 && char.IsLower(word[0]) && (char.IsLower(word[^1]) || word[^1] is ',' or '-') && word.IndexOfAny("/@.") < 0;
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
