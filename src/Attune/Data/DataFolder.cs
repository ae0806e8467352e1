using Attune.Problems;

namespace Attune.Data;

/// <summary>The files of a folder by what their names say they are for: <c>train.jsonl</c>, <c>my_validation.csv.gz</c>, <c>test-00001.json</c>.</summary>
/// <param name="Train">Training files, at least one.</param>
/// <param name="Valid">Validation files (valid, validation, val, dev).</param>
/// <param name="Test">Test files.</param>
public sealed record DataFolder(IReadOnlyList<string> Train, IReadOnlyList<string> Valid, IReadOnlyList<string> Test)
{
    private static readonly string[] Endings = [".jsonl", ".json", ".ndjson", ".csv", ".tsv", ".txt"];

    private static readonly (string Use, string[] Words)[] Uses =
        [("train", ["train", "training"]), ("valid", ["valid", "validation", "val", "dev"]), ("test", ["test", "testing"])];

    /// <summary>Looks at the files of a folder, not at those of folders within it; in the order of their names.</summary>
    /// <exception cref="UserErrorException">No file is a training file, or a name says two things.</exception>
    public static DataFolder At(string folder)
    {
        var files = Directory.EnumerateFiles(folder).Where(IsData).Order(StringComparer.Ordinal).ToList();
        var named = files.ToLookup(f => UseOf(f));
        if (named["train"].Any()) return new DataFolder([.. named["train"]], [.. named["valid"]], [.. named["test"]]);
        var held = files.Count == 0 ? "no data files" : string.Join(", ", files.Take(5).Select(Path.GetFileName)) + (files.Count > 5 ? ", …" : "");
        throw new UserErrorException(folder, $"is a folder without a training file (a name with the word train in it): it holds {held}",
            files.Count == 0 ? "give a file of rows" : $"name the file, for example {files[0]}");
    }

    // The use that a name's words say; null for none. Rows for training and validation in one file are training rows, of which a part is split off.
    private static string? UseOf(string file)
    {
        var words = Stem(file).ToLowerInvariant().Split(['.', '_', '-', ' '], StringSplitOptions.RemoveEmptyEntries);
        var uses = Uses.Where(u => words.Any(w => u.Words.Contains(w))).Select(u => u.Use).ToList();
        return uses.Count <= 1 || !uses.Contains("test")
            ? uses.FirstOrDefault()
            : throw new UserErrorException(file, $"has a name that says {string.Join(" and ", uses)} at once", "name the files themselves in data.train and data.test");
    }

    private static bool IsData(string file) => Endings.Contains(Path.GetExtension(WithoutGz(file)).ToLowerInvariant());

    private static string Stem(string file) => Path.GetFileNameWithoutExtension(WithoutGz(file));

    private static string WithoutGz(string file) => file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file[..^3] : file;
}
