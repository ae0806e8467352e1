using Attune.Formats;
using Attune.Hardware;
using Attune.Problems;

namespace Attune.Runs;

/// <summary>The folder of a run and the names of what stands in it.</summary>
public sealed class RunDirectory
{
    private RunDirectory(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The resolved recipe.</summary>
    public string Recipe => FileOf("recipe.yaml");

    /// <summary>What a resumed run must agree with; see <see cref="RunIdentity"/>.</summary>
    public string Identity => FileOf("identity.json");

    /// <summary>Held by the process that works in the folder; see <see cref="RunHold"/>.</summary>
    public string Lock => FileOf("run.lock");

    /// <summary>Hashes, versions, seed. A run's last file.</summary>
    public string Manifest => FileOf("manifest.json");

    /// <summary>One JSON object per step and validation.</summary>
    public string Metrics => FileOf("metrics.jsonl");

    /// <summary>The same as Hugging Face's trainer writes it.</summary>
    public string TrainerState => FileOf("trainer_state.json");

    /// <summary>The tuned adapter.</summary>
    public string Adapter => FileOf("adapter");

    /// <summary>The tuned model, where every weight was trained.</summary>
    public string Model => FileOf("model");

    /// <summary>The one of both that the run made.</summary>
    public string Saved => Directory.Exists(Adapter) ? Adapter : Model;

    /// <summary>Whether a run was begun in it.</summary>
    public bool IsBegun => File.Exists(Recipe);

    /// <summary>Whether the run is at its end.</summary>
    public bool IsFinished => File.Exists(Manifest);

    /// <summary>The result in the forms that the recipe's <c>export</c> names.</summary>
    public string Exports => FileOf("export");

    /// <summary>The report for a browser.</summary>
    public string ReportHtml => FileOf("report.html");

    /// <summary>The report for programs.</summary>
    public string Report => FileOf("report.json");

    /// <summary>A folder, whatever is in it.</summary>
    internal static RunDirectory At(string path) => new(path);

    /// <summary>Opens the folder of a new run; never one that holds a run already.</summary>
    /// <param name="wished">The folder; null for one below <c>runs</c> that is not there yet.</param>
    /// <param name="model">The model, for a name.</param>
    /// <param name="data">The data, for a name.</param>
    /// <param name="clock">The same.</param>
    /// <exception cref="UserErrorException">The folder is in use.</exception>
    public static RunDirectory Create(string? wished, string model, string data, TimeProvider clock)
    {
        if (wished is not null)
        {
            var given = new RunDirectory(wished);
            if (given.IsBegun || File.Exists(wished))
            {
                throw new UserErrorException(
                    $"output: {wished}", "holds a run already", $"go on with it (--resume {wished}), choose another output, or delete it");
            }
            return given;
        }
        var name = $"{clock.GetLocalNow():yyyyMMdd-HHmmss}-{Stem(model)}-{Stem(data)}";
        var path = System.IO.Path.Combine("runs", name);
        for (var i = 2; Directory.Exists(path); i++)
            path = System.IO.Path.Combine("runs", $"{name}-{i}");
        return new RunDirectory(path);
    }

    /// <summary>Opens the folder of a run to be gone on with.</summary>
    /// <exception cref="UserErrorException">There is no run in it.</exception>
    public static RunDirectory Existing(string path)
    {
        var run = new RunDirectory(path);
        return run.IsBegun ? run : throw new UserErrorException(path, "holds no run (there is no recipe.yaml in it)", "give the folder that attune train wrote");
    }

    /// <summary>Refuses a disk that cannot hold what the run will save.</summary>
    /// <exception cref="RunFailedException">There is too little room.</exception>
    public void RequireRoom(long bytes)
    {
        Make();
        if (Machine.FreeDisk(Path) is { } free && free < bytes)
            throw new RunFailedException(new Problem(Path, $"the run's checkpoints and results need {bytes / 1048576 + 1} MB, and {free / 1048576} MB are free", "free space, or set output to a folder on another disk"));
    }

    /// <summary>Makes the folder where it is missing.</summary>
    /// <exception cref="RunFailedException">It cannot be made.</exception>
    internal void Make()
    {
        try
        {
            Directory.CreateDirectory(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException(new Problem(Path, $"the run's folder cannot be made: {e.Message}", "set output to a folder that can be written to"), e);
        }
    }

    /// <summary>Writes one of the run's text files, whole or not at all.</summary>
    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path);
        AtomicFile.WriteText(path, text);
    }

    /// <summary>A path's last name as a part of another name.</summary>
    internal static string Stem(string path)
    {
        return string.Concat(FileStem.Of(path).Select(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '-'));
    }

    private string FileOf(string name) => System.IO.Path.Combine(Path, name);
}
