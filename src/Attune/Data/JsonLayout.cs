using System.Text.Json;

namespace Attune.Data;

/// <summary>Where the records stand in a JSON document: the items of a list, or the values of an object that is keyed by an id.</summary>
/// <param name="Records">First byte and length of each.</param>
/// <param name="Rest">The part of the path (<see cref="DataPath.Part"/>) that leads on within each record.</param>
internal sealed record JsonLayout(IReadOnlyList<(int Start, int Length)> Records, ReadOnlyMemory<string> Rest)
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 64 };

    /// <summary>Finds the records of a whole document; adds a problem where there are none or it is not JSON.</summary>
    public static JsonLayout Of(byte[] bytes, RowFile file, ProblemList problems) => Of(bytes, 0, bytes.Length, file.Steps, file, problems);

    /// <summary>True if an object is a document that holds rows, and not a row itself.</summary>
    /// <param name="utf8">The object, or its beginning.</param>
    /// <param name="whole">Whether all of it is there.</param>
    public static bool IsDocument(ReadOnlySpan<byte> utf8, bool whole)
    {
        var members = new List<Member>();
        try
        {
            var reader = new Utf8JsonReader(utf8, whole, new JsonReaderState(Options));
            Members(ref reader, 0, members);
        }
        catch (JsonException)
        {
            // What is broken is an error of the source that reads it, line by line where nothing is known of a document.
        }
        return !IsRow(members) && (IsKeyed(members) || members.Exists(m => m.HoldsRows));
    }

    private static JsonLayout Of(byte[] bytes, int start, int length, ReadOnlyMemory<string> path, RowFile file, ProblemList problems)
    {
        var (items, members) = (new List<(int, int)>(), new List<Member>());
        var reader = new Utf8JsonReader(bytes.AsSpan(start, length), Options);
        var isWhole = false;
        try
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                reader = new Utf8JsonReader(bytes.AsSpan(start, length), Options);
                Members(ref reader, start, members);
            }
            else
            {
                while (reader.Read() && reader.CurrentDepth > 0) items.Add(Skip(ref reader, start));
            }
            // Reading on finds what stands behind the document's end.
            isWhole = true;
            while (reader.Read()) { }
        }
        catch (JsonException e)
        {
            var at = (int)Math.Min(start + reader.BytesConsumed, bytes.Length);
            var line = bytes.AsSpan(0, start).Count((byte)'\n') + (e.LineNumber ?? 0) + 1;
            if (isWhole)
                problems.Add(file.Name, $"has something behind the end of its JSON value, in line {line}, near {RowJson.Excerpt(bytes, at)}", "write one object a line (JSON lines), or all of them as one list: [{…}, {…}]");
            else
                problems.Add(Row.PlaceOf(file.Name, items.Count + 1, line), $"is not valid JSON: {RowJson.Reason(e)} Near {RowJson.Excerpt(bytes, at)}", "mend it; the rows behind it could not be read");
            return new JsonLayout(items, path);
        }
        return members.Count == 0 ? new JsonLayout(items, path) : OfObject(bytes, (start, length), members, path, file, problems);
    }

    private static JsonLayout OfObject(byte[] bytes, (int, int) whole, List<Member> members, ReadOnlyMemory<string> path, RowFile file, ProblemList problems)
    {
        if (!path.IsEmpty && members.Find(m => m.Name == path.Span[0]) is { } named)
        {
            if (named.Kind is JsonTokenType.StartArray or JsonTokenType.StartObject) return Of(bytes, named.Start, named.Length, path[1..], file, problems);
            problems.Add(file.Given, $"`{named.Name}` is no list of rows", "name a list behind the #");
            return new JsonLayout([], path);
        }
        if (path.IsEmpty && IsRow(members)) return new JsonLayout([whole], path);
        if (IsKeyed(members)) return new JsonLayout([.. members.Select(m => (m.Start, m.Length))], path);
        var lists = members.FindAll(m => m.HoldsRows);
        if (path.IsEmpty && lists.Count == 1) return Of(bytes, lists[0].Start, lists[0].Length, path, file, problems);
        var names = string.Join(", ", (path.IsEmpty && lists.Count > 0 ? lists : members).Take(12).Select(m => $"`{m.Name}`"));
        if (!path.IsEmpty)
            problems.Add(file.Given, $"has no field `{path.Span[0]}`; its fields are {names}", "name one of these behind the #");
        else if (lists.Count > 1)
            problems.Add(file.Given, $"holds several lists: {names}", $"say which one holds the rows, for example {file.Given}#{(lists.Find(m => m.Name == "train") ?? lists[0]).Name}");
        else
            problems.Add(file.Name, "is one JSON object whose values are not rows", "store an array of objects, or one object a line");
        return new JsonLayout([], path);
    }

    // The members of an object that begins with the reader's next token; those that are cut off count too.
    private static void Members(ref Utf8JsonReader reader, int offset, List<Member> members)
    {
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = new Member(reader.GetString() ?? "", JsonTokenType.None, false, 0, 0);
            members.Add(member);
            if (!reader.Read()) return;
            var kind = reader.TokenType;
            var first = reader;
            var holdsRows = kind == JsonTokenType.StartArray && first.Read() && (first.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray);
            members[^1] = member with { Kind = kind, HoldsRows = holdsRows };
            var start = (int)reader.TokenStartIndex;
            if (!reader.TrySkip()) return;
            members[^1] = members[^1] with { Start = offset + start, Length = (int)reader.BytesConsumed - start };
        }
    }

    private static (int, int) Skip(ref Utf8JsonReader reader, int offset)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return (offset + start, (int)reader.BytesConsumed - start);
    }

    private static bool IsRow(List<Member> members) => RowMappings.Table.Any(t => t.Required.All(r => members.Exists(m => m.Name == r)));

    private static bool IsKeyed(List<Member> members) => members.Count > 0 && members.TrueForAll(m => m.Kind == JsonTokenType.StartObject);

    /// <summary>A member of an object: what its value is, whether that is a list of objects or lists, and where it stands.</summary>
    private sealed record Member(string Name, JsonTokenType Kind, bool HoldsRows, int Start, int Length);
}
