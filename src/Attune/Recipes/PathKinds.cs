using Attune.Formats.Gguf;

namespace Attune.Recipes;

/// <summary>Values that are paths: they are looked for beside the recipe and in the working directory, and become absolute.</summary>
internal static class PathKinds
{
    /// <summary>A model: its folder, or its one file.</summary>
    public static ValueKind<string> Model { get; } = Existing(
        "an existing folder or .gguf file", static path => Directory.Exists(path) || (GgufFile.IsNamedSo(path) && System.IO.File.Exists(path)));

    public static ValueKind<string> File { get; } = Existing("an existing file", System.IO.File.Exists);

    public static ValueKind<string> Folder { get; } = Existing("an existing folder", Directory.Exists);

    public static ValueKind<string> FileOrFolder { get; } = Existing("an existing file or folder", Path.Exists);

    /// <summary>An existing file, or one of the words that stand for something else.</summary>
    public static ValueKind<string> FileOr(string word) => new(
        $"an existing file or {word}",
        raw => raw.Is(word) ? word : File.Parse(raw),
        YamlText.Scalar);

    /// <summary>A folder that need not exist yet, relative to the working directory (so that a shared recipe does not write beside itself).</summary>
    public static ValueKind<string> NewFolder { get; } = new(
        "a folder",
        raw =>
        {
            if (raw.Scalar is not { Length: > 0 } text || text.Contains('\0', StringComparison.Ordinal))
                return Parsed<string>.Wrong($"expected a folder, found {raw.Shown}");
            var path = Path.GetFullPath(text);
            return System.IO.File.Exists(path) ? Parsed<string>.Wrong($"expected a folder, but {path} is a file") : path;
        }, YamlText.Scalar);

    private static ValueKind<string> Existing(string form, Func<string, bool> exists) => new(
        form,
        raw =>
        {
            if (raw.Scalar is not { Length: > 0 } text || text.Contains('\0', StringComparison.Ordinal))
                return Parsed<string>.Wrong($"expected {form}, found {raw.Shown}");
            var tried = raw.Folders.Select(f => Path.GetFullPath(text, f)).Distinct().ToArray();
            if (tried.FirstOrDefault(exists) is { } found)
                return found;
            return tried.FirstOrDefault(Path.Exists) is { } other
                ? Parsed<string>.Wrong($"expected {form}, but {other} is {(Directory.Exists(other) ? "a folder" : "a file")}")
                : Parsed<string>.Wrong($"expected {form}, but there is no {string.Join(" and no ", tried)}");
        }, YamlText.Scalar);
}
