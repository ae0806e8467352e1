namespace Attune.Cli;

/// <summary>How this program is called, where that is not <c>attune</c>.</summary>
internal static class Invocation
{
    /// <summary>One line that says what stands for <c>attune</c> in the commands above it; null where it was started by that name.</summary>
    public static string? Hint() => Hint(Environment.ProcessPath, AppContext.BaseDirectory, Directory.GetCurrentDirectory());

    internal static string? Hint(string? process, string binaries, string here)
    {
        var name = Path.GetFileNameWithoutExtension(process ?? "");
        if (name is "attune" or "")
            return null;
        for (var folder = new DirectoryInfo(binaries); folder is not null; folder = folder.Parent)
        {
            // Run from source: the project stands above its binaries.
            if (File.Exists(Path.Combine(folder.FullName, "Attune.Cli.csproj")))
                return $"(attune stands for: dotnet run -c Release --project {Path.GetRelativePath(here, folder.FullName)} --)";
        }
        var library = Path.Combine(binaries, "Attune.Cli.dll");
        return name == "dotnet" && File.Exists(library) ? $"(attune stands for: dotnet {library})" : name == "Attune.Cli" ? $"(attune stands for: {process})" : null;
    }
}
