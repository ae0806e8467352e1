using Attune.Problems;

namespace Attune.Formats;

/// <summary>
/// The small files of a model by the names that Hugging Face gives them: config.json, tokenizer.json … They stand in a folder, or are made
/// from another file that says the same.
/// </summary>
public sealed class ModelFiles
{
    private const int MaxFileBytes = 256 << 20;

    private readonly IReadOnlyDictionary<string, byte[]>? made;

    private ModelFiles(string path, IReadOnlyDictionary<string, byte[]>? made) => (Path, this.made) = (path, made);

    /// <summary>The folder, or the file that they were made from.</summary>
    public string Path { get; }

    /// <summary>The files of a folder.</summary>
    public static ModelFiles InFolder(string folder) => new(folder, null);

    /// <summary>Files that were made from another one.</summary>
    public static ModelFiles Made(string path, IReadOnlyDictionary<string, byte[]> files) => new(path, files);

    /// <summary>How messages name a file.</summary>
    public string Place(string name) => made is null ? System.IO.Path.Combine(Path, name) : $"{Path} (as {name})";

    /// <summary>Whether there is such a file.</summary>
    public bool Has(string name) => made?.ContainsKey(name) ?? File.Exists(Place(name));

    /// <summary>The bytes of a file.</summary>
    /// <exception cref="UserErrorException">There is none, or it cannot be read.</exception>
    public byte[] Read(string name)
    {
        if (made is null)
        {
            if (new FileInfo(Place(name)) is { Exists: true, Length: > MaxFileBytes } large)
                throw new UserErrorException(Place(name), $"expected at most {MaxFileBytes} bytes, found {large.Length}", "this is not a file of that kind");
            return InputFile.Read(Place(name), File.ReadAllBytes);
        }
        return made.TryGetValue(name, out var bytes) ? bytes : throw new UserErrorException(Place(name), "there is no such file", "use a file that holds a whole model");
    }

    /// <summary>The text of a file, null where there is none.</summary>
    public string? Text(string name) => Has(name) ? new StreamReader(new MemoryStream(Read(name))).ReadToEnd() : null;
}
