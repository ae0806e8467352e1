using System.Globalization;
using System.Text.Json;

namespace Attune.Evaluation.Metrics;

/// <summary>Answers that are JSON: whether they can be read, and how many of their fields are right.</summary>
internal static class JsonAnswer
{
    /// <summary>The metric <c>json</c>: the share of answers that are one JSON value and nothing else. White space around it does not count.</summary>
    public static Metric Valid() => new RightMetric("valid JSON", static (_, written) => Leaves(written) is not null);

    /// <summary>
    /// The metric <c>json-fields</c>: F1 over leaves, 2 · equal / (leaves written + leaves expected). A leaf is a value that is no object
    /// and no array (or an empty one), with its path; numbers are equal by value, strings to the letter, the order of keys does not
    /// count. An answer that is no JSON has 0. An argument names the fields that count, with a comma between: <c>json-fields:order.id,city</c>.
    /// </summary>
    public static Parsed Fields(string? argument)
    {
        var chosen = argument?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (chosen is { Length: 0 })
            return Parsed.Wrong("json-fields takes names of fields, with a comma between, or nothing");
        return new FieldsMetric(chosen);
    }

    /// <summary>Whether a text is a JSON object.</summary>
    public static bool IsObject(string text) => text.AsSpan().TrimStart().StartsWith("{", StringComparison.Ordinal) && Leaves(text) is not null;

    /// <summary>Leaves by path; null where the text is not JSON.</summary>
    private static Dictionary<string, string>? Leaves(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 64 });
            var leaves = new Dictionary<string, string>(StringComparer.Ordinal);
            Collect(json.RootElement, "", leaves);
            return leaves;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second: half a surrogate pair in an escaped string, which is no text.
            return null;
        }
    }

    private static void Collect(JsonElement value, string path, Dictionary<string, string> leaves)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.EnumerateObject().Any():
                foreach (var field in value.EnumerateObject())
                    Collect(field.Value, path.Length == 0 ? field.Name : $"{path}.{field.Name}", leaves);
                break;
            case JsonValueKind.Array when value.GetArrayLength() > 0:
                foreach (var (i, item) in value.EnumerateArray().Index())
                    Collect(item, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), leaves);
                break;
            default:
                leaves[path] = Leaf(value);
                break;
        }
    }

    // The first letter keeps "1" and 1 apart.
    private static string Leaf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "s" + value.GetString(),
        JsonValueKind.Number => "n" + value.GetDouble().ToString("R", CultureInfo.InvariantCulture),
        _ => value.GetRawText(),
    };

    private sealed class FieldsMetric(string[]? chosen) : Metric
    {
        public override Evidence Needs => Evidence.Answers;

        public override IEnumerable<Score> Measure(Observed seen)
        {
            yield return new Score("JSON fields right", MetricUnit.Fraction, new MeanScores(seen.Questions.Zip(seen.Answers, (q, a) => F1(q.Expected, a.Text))));
        }

        public override bool? IsRight(string expected, string written) => F1(expected, written) == 1;

        public override Problems.Problem? Check(Question question) => Kept(question.Expected) switch
        {
            null => new(question.Place, $"{Name}: the expected answer {PatternMatch.Quote(question.Expected)} is not JSON", "choose another metric, or mend the row"),
            { Count: 0 } => new(question.Place, $"{Name}: the expected answer {PatternMatch.Quote(question.Expected)} has none of the fields", "check the names of the fields"),
            _ => null,
        };

        private double F1(string expected, string written)
        {
            if (Kept(expected) is not { } wanted || Kept(written) is not { } given)
                return 0;
            return 2.0 * wanted.Count(w => given.TryGetValue(w.Key, out var v) && v == w.Value) / Math.Max(1, wanted.Count + given.Count);
        }

        private Dictionary<string, string>? Kept(string text) => chosen is null ? Leaves(text) : Leaves(text)?
            .Where(leaf => chosen.Any(c => leaf.Key == c || leaf.Key.StartsWith(c + ".", StringComparison.Ordinal) || leaf.Key.StartsWith(c + "[", StringComparison.Ordinal)))
            .ToDictionary(StringComparer.Ordinal);
    }
}
