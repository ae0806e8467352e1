using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Attune.Data;

/// <summary>Where a text stands within a row: names of fields and numbers of elements, from the row's own field on.</summary>
/// <param name="Steps">At least one; the first is a field of the row.</param>
internal sealed record TextPlace(IReadOnlyList<string> Steps)
{
    public TextPlace(params string[] steps) : this((IReadOnlyList<string>)steps)
    {
    }

    /// <summary>The row's own field that the text is in.</summary>
    public string Field => Steps[0];

    /// <summary>The text; null where none stands there.</summary>
    public string? In(JsonObject fields) => Steps.Aggregate((JsonNode?)fields, Step) is { } node && node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;

    /// <summary>Puts another text there.</summary>
    public void Set(JsonObject fields, string text)
    {
        var holder = Steps.SkipLast(1).Aggregate((JsonNode?)fields, Step);
        if (holder is JsonArray list)
            list[int.Parse(Steps[^1], CultureInfo.InvariantCulture)] = text;
        else
            ((JsonObject)holder!)[Steps[^1]] = text;
    }

    private static JsonNode? Step(JsonNode? node, string step) => node switch
    {
        JsonObject fields => fields[step],
        JsonArray list when int.TryParse(step, CultureInfo.InvariantCulture, out var at) && at >= 0 && at < list.Count => list[at],
        _ => null,
    };
}

/// <summary>The texts of a row that may be written anew, where they stand in the file's own fields.</summary>
/// <param name="Asked">What users say, in order; the last is the prompt of the last answer.</param>
/// <param name="Answered">What is learned, in order.</param>
internal sealed record RowPlaces(IReadOnlyList<TextPlace> Asked, IReadOnlyList<TextPlace> Answered)
{
    /// <summary>Texts of messages.</summary>
    /// <param name="messages">The list; anything else has none.</param>
    /// <param name="field">The field that it stands in.</param>
    /// <param name="answers">Whether an assistant's messages are answers; else context.</param>
    public static RowPlaces OfMessages(JsonNode? messages, string field, bool answers = true)
    {
        var (asked, answered) = (new List<TextPlace>(), new List<TextPlace>());
        for (var i = 0; i < (messages as JsonArray)?.Count; i++)
        {
            if (messages[i] is not JsonObject message || MessageReader.TextOf(message) is not var (role, name))
                continue;
            var text = new TextPlace(field, i.ToString(CultureInfo.InvariantCulture), name);
            if (role == "user")
                asked.Add(text);
            else if (role == "assistant" && answers)
                answered.Add(text);
        }
        return new RowPlaces(asked, answered);
    }

    /// <summary>The texts of two fields, or of messages in them.</summary>
    public static RowPlaces OfFields(JsonObject fields, IReadOnlyList<string> asked, string answered)
    {
        if (asked.Count == 1 && fields[asked[0]] is JsonArray prompt)
            return new RowPlaces(OfMessages(prompt, asked[0], answers: false).Asked, OfMessages(fields[answered], answered).Answered);
        return new RowPlaces([.. asked.Select(static f => new TextPlace(f))], [new TextPlace(answered)]);
    }
}

/// <summary>How a row stands in its file.</summary>
/// <param name="Places">Where its texts are.</param>
/// <param name="Fields">The file's own fields that something reads.</param>
/// <param name="Again">What a row says that has the same form and other contents; null where it cannot be read.</param>
internal sealed record RowForm(RowPlaces Places, IReadOnlySet<string> Fields, Func<JsonObject, Conversation?> Again);
