using System.Text.Encodings.Web;
using System.Text.Json;
using Attune.Data;
using Attune.Formats;

namespace Attune.Distillation;

/// <summary>Writes answers as rows to train on: the shape of their parents, with where they come from.</summary>
internal static class AnswerRows
{
    private static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a file of rows, as a whole or not at all.</summary>
    public static void Write(string path, IEnumerable<(PromptRow Row, TeacherAnswer Answer)> answers, string teacher) => AtomicFile.Write(path, stream =>
    {
        foreach (var (row, answer) in answers)
        {
            using (var json = new Utf8JsonWriter(stream, OneLine))
            {
                json.WriteStartObject();
                if (row.Chat.Kind == ConversationKind.Completion)
                    Completion(json, row, answer);
                else
                    Messages(json, row, answer);
                if (row.Chat.Tools is { } tools)
                {
                    json.WritePropertyName("tools");
                    tools.WriteTo(json);
                }
                json.WriteString(RowMappings.Parent, row.Id);
                json.WriteString(RowMappings.Teacher, teacher);
                json.WriteEndObject();
            }
            stream.WriteByte((byte)'\n');
        }
    });

    private static void Completion(Utf8JsonWriter json, PromptRow row, TeacherAnswer answer)
    {
        foreach (var turn in row.Prompt)
            json.WriteString(turn.Role == "system" ? "system" : "prompt", turn.Content);
        json.WriteString("completion", answer.Text);
    }

    private static void Messages(Utf8JsonWriter json, PromptRow row, TeacherAnswer answer)
    {
        json.WriteStartArray("messages");
        foreach (var turn in row.Prompt)
        {
            json.WriteStartObject();
            json.WriteString("role", turn.Role);
            json.WriteString("content", turn.Content);
            foreach (var (key, value) in turn.Extra)
            {
                json.WritePropertyName(key);
                if (value is null)
                    json.WriteNullValue();
                else
                    value.WriteTo(json);
            }
            // Answers before the last one are context: this row is there for what the teacher wrote.
            if (turn.Role == "assistant")
                json.WriteNumber("weight", 0);
            json.WriteEndObject();
        }
        json.WriteStartObject();
        json.WriteString("role", "assistant");
        json.WriteString("content", answer.Text);
        json.WriteEndObject();
        json.WriteEndArray();
    }
}
