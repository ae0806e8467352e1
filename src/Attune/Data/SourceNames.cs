namespace Attune.Data;

/// <summary>
/// Names that tell the files of a set apart, in messages and as part of the key of a row: a file's own name, and as much of what leads to it
/// (or the part of it) as two of them need to differ.
/// </summary>
internal static class SourceNames
{
    /// <summary>A name for each file, in their order; two are alike only where both are the same rows.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<DataSource> sources)
    {
        DataPath[] paths = [.. sources.Select(static s => DataPath.Of(s.Path))];
        string[][] steps = [.. paths.Select(static p => Path.GetFullPath(p.File).Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar))];
        string[] names = [.. steps.Select(static s => s[^1])];
        for (var depth = 2; depth <= steps.Select(static s => s.Length).DefaultIfEmpty().Max(); depth++)
        {
            foreach (var i in Mixed(names, i => string.Join('/', steps[i])))
                names[i] = string.Join('/', steps[i].TakeLast(depth));
        }
        foreach (var i in Mixed(names, i => paths[i].Part ?? ""))
            names[i] = paths[i].Part is { } part ? $"{names[i]}#{part}" : names[i];
        return names;
    }

    // Those whose name is also that of something else.
    private static int[] Mixed(string[] names, Func<int, string> what) =>
        [.. Enumerable.Range(0, names.Length).GroupBy(i => names[i], StringComparer.Ordinal).Where(g => g.Select(what).Distinct(StringComparer.Ordinal).Count() > 1).SelectMany(static g => g)];
}
