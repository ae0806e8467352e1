using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Attune.Data;

namespace Attune.Quality;

/// <summary>The list beside a cleaned file: a line of JSON for every row that was dropped or changed, with its place, the remedy and the row.</summary>
internal sealed class DropList(Stream stream)
{
    private static readonly JsonWriterOptions Form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A row that is not in the cleaned file; all of it is here.</summary>
    public void Dropped(Row row, string remedy, string why) => Line(row, json =>
    {
        json.WriteString("dropped_by", remedy);
        json.WriteString("why", why);
        if (row.Fault is null)
        {
            json.WritePropertyName("fields");
            row.Fields.WriteTo(json);
        }
        else json.WriteString("record", Encoding.UTF8.GetString(row.Raw.Span));
    });

    /// <summary>A row that is in the cleaned file with other texts: each before and after.</summary>
    public void Changed(Row row, IReadOnlyList<TextChange> texts) => Line(row, json =>
    {
        json.WriteStartArray("changed");
        foreach (var text in texts)
        {
            json.WriteStartObject();
            json.WriteString("by", text.Remedy);
            json.WriteString("field", text.Field);
            json.WriteString("before", text.Before);
            json.WriteString("after", text.After);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    private void Line(Row row, Action<Utf8JsonWriter> write)
    {
        using (var json = new Utf8JsonWriter(stream, Form))
        {
            json.WriteStartObject();
            json.WriteString("file", row.File);
            json.WriteNumber("row", row.Number);
            json.WriteNumber("line", row.Line);
            write(json);
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
    }
}
