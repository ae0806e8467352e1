using System.Text.Json;
using Attune.Problems;

namespace Attune.Text;

/// <summary>A value in a JSON file together with its file and path, so that whatever is wrong with it can be said precisely.</summary>
internal readonly struct Section(JsonElement value, string place, string path)
{
    /// <summary>Parses a whole document; text that is not JSON is a user error at <paramref name="place"/>.</summary>
    public static Section Parse(string json, string place)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return new Section(document.RootElement.Clone(), place, "");
        }
        catch (JsonException e)
        {
            throw new UserErrorException(place, $"not valid JSON: {e.Message}", "the file may be cut off or a Git LFS pointer; fetch it again");
        }
    }

    /// <summary>An error at this value.</summary>
    public UserErrorException Wrong(string message, string remedy = "") => new(path.Length == 0 ? place : $"{place}, {path}", message, remedy);

    /// <summary>The member of that name, or null where it is absent or JSON's null.</summary>
    public Section? Optional(string name)
    {
        if (value.ValueKind != JsonValueKind.Object) throw Wrong($"expected an object, found {Kind}");
        return value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? new Section(member, place, Join(name)) : null;
    }

    /// <summary>The member of that name; its absence is an error.</summary>
    public Section Required(string name) => Optional(name) ?? throw Wrong($"the key \"{name}\" is missing");

    public bool IsText => value.ValueKind == JsonValueKind.String;

    public bool IsObject => value.ValueKind == JsonValueKind.Object;

    public bool IsArray => value.ValueKind == JsonValueKind.Array;

    public string Text()
    {
        if (!IsText) throw Wrong($"expected a string, found {Kind}");
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Wrong("the string holds half of a surrogate pair, which is not text");
        }
    }

    public bool Flag() => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong($"expected true or false, found {Kind}"),
    };

    /// <summary>A whole number from 0 to <paramref name="most"/>.</summary>
    public int Count(int most)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= 0 && number <= most) return number;
        throw Wrong($"expected a whole number from 0 to {most}, found {(value.ValueKind == JsonValueKind.Number ? value.GetRawText() : Kind)}");
    }

    /// <summary>The elements of an array.</summary>
    public IEnumerable<Section> Items()
    {
        if (!IsArray) throw Wrong($"expected an array, found {Kind}");
        var (owner, at, elements) = (place, path, value);
        return elements.EnumerateArray().Select((e, i) => new Section(e, owner, $"{at}[{i}]"));
    }

    /// <summary>The members of an object in file order.</summary>
    public IEnumerable<(string Name, Section Value)> Members()
    {
        if (!IsObject) throw Wrong($"expected an object, found {Kind}");
        var self = this;
        return Walk(self);

        static IEnumerable<(string, Section)> Walk(Section self)
        {
            foreach (var member in self.Element.EnumerateObject()) yield return (self.NameOf(member), self.Under(member));
        }
    }

    public string TextOr(string name, string otherwise) => Optional(name)?.Text() ?? otherwise;

    public bool FlagOr(string name, bool otherwise) => Optional(name)?.Flag() ?? otherwise;

    private JsonElement Element => value;

    private string Kind => value.ValueKind.ToString().ToLowerInvariant();

    private Section Under(JsonProperty member) => new(member.Value, place, path);

    private string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            throw Wrong("a key holds half of a surrogate pair, which is not text");
        }
    }

    private string Join(string name) => path.Length == 0 ? name : $"{path}.{name}";
}
