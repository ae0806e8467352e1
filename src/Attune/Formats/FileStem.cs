namespace Attune.Formats;

/// <summary>The name of a file or folder without the endings that say how it is stored. Any other dot belongs to the name: <c>Llama-3.2-1B</c> and <c>Llama-3.1-8B</c> are two models.</summary>
internal static class FileStem
{
    private static readonly string[] Endings = [".gguf", ".safetensors", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt", ".gz"];

    /// <summary>The stem: <c>rows</c> of <c>data/rows.jsonl.gz</c>.</summary>
    public static string Of(string path)
    {
        var name = Path.GetFileName(path.TrimEnd('/', '\\'));
        while (Endings.FirstOrDefault(e => name.Length > e.Length && name.EndsWith(e, StringComparison.OrdinalIgnoreCase)) is { } ending)
            name = name[..^ending.Length];
        return name;
    }
}
