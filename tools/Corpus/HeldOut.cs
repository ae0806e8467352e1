namespace Attune.Corpus;

/// <summary>The texts that the base model must never have seen: what tunes it, tests it, and measures what it forgets.</summary>
internal static class HeldOut
{
    /// <summary>Name and file of every held-out text that is there: those of the repository, and those of the data folder where one is given.</summary>
    public static IEnumerable<(string Name, string Path)> Files(string repository, string? data)
    {
        var candidates = new List<(string, string)>();
        foreach (var split in new[] { "train", "valid", "test" })
            candidates.Add(($"support/{split}", Path.Combine(repository, "recipes", "data", "support", $"{split}.jsonl")));
        candidates.Add(("general.txt", Path.Combine(repository, "recipes", "data", "general.txt")));
        if (data is not null)
        {
            candidates.Add(("banking77", Path.Combine(data, "datasets", "banking77", "train.csv")));
            candidates.Add(("medquad", Path.Combine(data, "datasets", "medquad", "medquad_train.jsonl")));
            candidates.Add(("tinystories", Path.Combine(data, "datasets", "tinystories", "tinystories_train.txt")));
            candidates.Add(("wikitext-2", Path.Combine(data, "datasets", "wikitext-2", "valid.txt")));
        }
        return candidates.Where(c => File.Exists(c.Item2));
    }

    /// <summary>The n-grams of a file. Of JSON Lines the strings count, line by line, so that escapes and keys are not words.</summary>
    public static HashSet<ulong> Grams(string path)
    {
        var grams = new HashSet<ulong>();
        if (path.EndsWith(".jsonl", StringComparison.Ordinal))
            foreach (var text in JsonText.Strings(path))
                grams.UnionWith(Ngrams.Hashes(text));
        else
            grams.UnionWith(Ngrams.Hashes(File.ReadAllText(path)));
        return grams;
    }
}
