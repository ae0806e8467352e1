namespace Attune.Data;

/// <summary>A data file as a user names it: a path, and behind <c>#</c> the part of a JSON document that holds the rows.</summary>
/// <param name="File">The file or folder.</param>
/// <param name="Part">Names joined by dots: <c>train</c>, <c>data.paragraphs.qas</c>; null for the whole file.</param>
internal readonly record struct DataPath(string File, string? Part)
{
    /// <summary>Takes a name apart; a file whose own name has a <c>#</c> in it is meant as a whole.</summary>
    public static DataPath Of(string text)
    {
        var at = text.LastIndexOf('#');
        return at <= 0 || at == text.Length - 1 || Path.Exists(text) ? new DataPath(text, null) : new DataPath(text[..at], text[(at + 1)..]);
    }

    /// <summary>The name as the user writes it.</summary>
    public override string ToString() => Part is null ? File : $"{File}#{Part}";
}
