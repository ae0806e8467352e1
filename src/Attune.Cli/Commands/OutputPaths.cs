using Attune.Problems;

namespace Attune.Cli.Commands;

/// <summary>Where a command will write: asked before the work, so that nothing is measured in vain, and nothing that is read is written over.</summary>
internal static class OutputPaths
{
    /// <summary>A file that can be written and is none of those that are read; null where none is asked for.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="path">The file.</param>
    /// <param name="reads">What the command reads.</param>
    /// <exception cref="UserErrorException">It is one of them, or a folder.</exception>
    /// <exception cref="RunFailedException">Its place cannot be written to.</exception>
    public static string? File(string option, string? path, params IEnumerable<string> reads)
    {
        if (path is null)
            return null;
        if (reads.Any(r => Path.GetFullPath(r) == Path.GetFullPath(path)))
            throw new UserErrorException($"{option} {path}", "is a file that is read", "write to another one");
        if (Directory.Exists(path))
            throw new UserErrorException($"{option} {path}", "expected a file, found a folder", "name a file in it");
        Probe(option, path, Path.GetDirectoryName(Path.GetFullPath(path))!);
        return path;
    }

    /// <summary>A folder that files can be written to; null where none is asked for.</summary>
    /// <exception cref="UserErrorException">It is a file.</exception>
    /// <exception cref="RunFailedException">It cannot be written to.</exception>
    public static string? Folder(string option, string? path)
    {
        if (path is null)
            return null;
        if (System.IO.File.Exists(path))
            throw new UserErrorException($"{option} {path}", "expected a folder, found a file", "give another folder");
        Probe(option, path, path);
        return path;
    }

    /// <summary>A folder that is not there yet, or holds nothing.</summary>
    /// <exception cref="UserErrorException">It holds something, which may be what is read.</exception>
    /// <exception cref="RunFailedException">It cannot be written to.</exception>
    public static string EmptyFolder(string option, string path) => Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()
        ? throw new UserErrorException($"{option} {path}", "is not empty", "give another folder, or delete it")
        : Folder(option, path)!;

    private static void Probe(string option, string path, string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            using var probe = new FileStream(Path.Combine(folder, Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException(new Problem($"{option} {path}", $"cannot be written to: {e.Message}", "check the folder and its permissions"), e);
        }
    }
}
