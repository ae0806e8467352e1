namespace Attune.Tests;

/// <summary>Real models, tokenizers and data sets that tests read but the repository does not hold.</summary>
internal static class SharedData
{
    /// <summary>The repository's root, found by its solution file. Stands first: the initialisers below it need it.</summary>
    public static string RepositoryRoot { get; } = Ancestors(AppContext.BaseDirectory).First(d => File.Exists(Path.Combine(d, "Attune.slnx")));

    /// <summary>The folder: <c>ATTUNE_DATA</c>, or <c>shared/data</c> beside the repository; null where neither exists.</summary>
    public static string? Root { get; } = Find();

    /// <summary>Path of a file or folder below the data root; skips the running test, with the reason, where the data is absent.</summary>
    public static string Require(params string[] parts)
    {
        Assert.SkipWhen(Root is null, "needs the shared data folder: set ATTUNE_DATA, or put shared/data beside the repository");
        var path = Path.Combine([Root!, .. parts]);
        Assert.True(Path.Exists(path), $"the shared data folder is there, but {path} is not");
        return path;
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("ATTUNE_DATA") is { Length: > 0 } named)
            return Directory.Exists(named) ? named : null;
        return Ancestors(RepositoryRoot).Skip(1)
            .Select(d => Path.Combine(d, "shared", "data"))
            .FirstOrDefault(Directory.Exists);
    }

    private static IEnumerable<string> Ancestors(string start)
    {
        for (var d = new DirectoryInfo(start); d is not null; d = d.Parent)
            yield return d.FullName;
    }
}
