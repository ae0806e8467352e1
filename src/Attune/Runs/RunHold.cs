using Attune.Problems;

namespace Attune.Runs;

/// <summary>
/// A run's folder in the hands of one process, from before anything long begins to the run's end: a second one would write over its log and its checkpoints. What is held is
/// <c>run.lock</c>, which goes with the hold; where the process dies the system lets go of it, and the file that stays harms nobody.
/// </summary>
internal sealed class RunHold : IDisposable
{
    private readonly FileStream file;

    // The topmost folder that was made for it.
    private readonly string? made;

    private RunHold(RunDirectory run, FileStream file, string? made) => (Run, this.file, this.made) = (run, file, made);

    /// <summary>The folder.</summary>
    public RunDirectory Run { get; }

    /// <summary>Takes the folder of a new run.</summary>
    /// <inheritdoc cref="RunDirectory.Create" path="/param"/>
    /// <exception cref="UserErrorException">It holds a run, or another process works in it.</exception>
    public static RunHold OfNew(string? wished, string model, string data, TimeProvider clock)
    {
        while (true)
        {
            var run = RunDirectory.Create(wished, model, data, clock);
            if (Take(run) is not { } hold)
            {
                // Of two that begin in the same second without a wish, one takes the next name.
                if (wished is not null)
                    throw InUse(run);
            }
            else if (!run.IsBegun)
            {
                return hold;
            }
            else
            {
                // A run that another process began and ended between look and hold.
                hold.Dispose();
            }
        }
    }

    /// <summary>Takes the folder of a run to go on with.</summary>
    /// <exception cref="UserErrorException">There is no run in it, it is finished, or another process works in it.</exception>
    public static RunHold OfUnfinished(string path)
    {
        var hold = Take(RunDirectory.Existing(path)) ?? throw InUse(RunDirectory.Existing(path));
        if (!hold.Run.IsFinished)
            return hold;
        hold.Dispose();
        throw new UserErrorException(
            path, "the run is finished: there is nothing to go on with", $"read report.html in it, write its result in another form (attune export), or train anew into another folder: attune train {Path.Combine(path, "recipe.yaml")} --output OTHER");
    }

    /// <summary>Lets go of the folder; of one that nothing was written into nothing stays.</summary>
    public void Dispose()
    {
        file.Dispose();
        try
        {
            for (var folder = Path.GetFullPath(Run.Path); made is not null && folder.Length >= made.Length && !Directory.EnumerateFileSystemEntries(folder).Any(); folder = Path.GetDirectoryName(folder)!)
                Directory.Delete(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process has begun something in it, or took it away.
        }
    }

    private static RunHold? Take(RunDirectory run)
    {
        string? made = null;
        for (var folder = Path.GetFullPath(run.Path); folder is not null && !Directory.Exists(folder); folder = Path.GetDirectoryName(folder))
            made = folder;
        run.Make();
        try
        {
            return new RunHold(run, new FileStream(run.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose), made);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e is IOException && File.Exists(run.Lock)
                ? null
                : throw new RunFailedException(new Problem(run.Lock, $"cannot be made: {e.Message}", "set output to a folder that can be written to"), e);
        }
    }

    private static UserErrorException InUse(RunDirectory run) => new(
        run.Path, "another process is working on the run in this folder", "wait until it ends or stop it, then go on; or begin a run with another output");
}
