using Attune.Problems;
using Attune.Recipes;
using Attune.Runs;

namespace Attune;

/// <summary>
/// Fine-tuning from within an application: the same runs as the command's, with the same folder of evidence. The recipe is the
/// options; what it leaves open is chosen, and reported as progress.
/// </summary>
/// <remarks>
/// A run computes on its own threads (<c>train.threads</c>) and blocks none of the caller's. Several runs at once share the
/// processors and take turns at every kernel; one after the other is faster.
/// </remarks>
public static class FineTune
{
    /// <summary>Tunes a model.</summary>
    /// <param name="recipe">What to tune, and on what: <c>Model</c> and <c>Data.Train</c> suffice. Paths are relative to the working directory.</param>
    /// <param name="progress">Gets what happens, in order; by <see cref="Progress{T}"/> on the context that it was made on.</param>
    /// <param name="cancel">Stops between two passes, with a checkpoint in the run's folder: see <see cref="ResumeAsync"/>.</param>
    /// <exception cref="UserErrorException">Recipe, model or data are wrong: all problems at once, each with its remedy.</exception>
    /// <exception cref="RunFailedException">The run failed: the disk is full, or numbers are no longer finite.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static Task<FineTuned> RunAsync(Recipe recipe, IProgress<FineTuneProgress>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return Start(() => Execute(Checked(recipe), null, progress, cancel), cancel);
    }

    /// <summary>Goes on with a run that was stopped or killed; its result is the same, bit for bit, as if it never had been.</summary>
    /// <param name="folder">The run's folder: <c>Output</c> of its recipe.</param>
    /// <param name="progress">As in <see cref="RunAsync"/>.</param>
    /// <param name="cancel">As in <see cref="RunAsync"/>.</param>
    public static Task<FineTuned> ResumeAsync(string folder, IProgress<FineTuneProgress>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return Start(() => Execute(RecipeReader.ReadFile(RunDirectory.Existing(folder).Recipe), folder, progress, cancel), cancel);
    }

    /// <summary>What a run would take, and everything that would be chosen for it; reads the data, trains nothing.</summary>
    /// <param name="recipe">As in <see cref="RunAsync"/>.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="UserErrorException">Recipe, model or data are wrong, or the run does not fit into the memory.</exception>
    public static Task<FineTunePlan> PlanAsync(Recipe recipe, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return Start(() =>
        {
            var backend = RunSetup.BackendOf(recipe);
            using var setup = RunSetup.Prepare(Checked(recipe), backend, static _ => { }, cancel);
            return new FineTunePlan(
                setup.Recipe, setup.Choices.Made, setup.Steps.Options.TotalSteps, setup.Memory.Plan.Total, setup.DiskBytes,
                RunDuration.Estimate(setup, backend, cancel).Total);
        }, cancel);
    }

    private static FineTuned Execute(Recipe recipe, string? resume, IProgress<FineTuneProgress>? progress, CancellationToken cancel)
    {
        var result = TrainRun.Execute(recipe, resume, RunSetup.BackendOf(recipe), TimeProvider.System, notice =>
        {
            if (progress is not null && FineTuneProgress.Of(notice) is { } said)
                progress.Report(said);
        }, cancel);
        return new FineTuned(recipe.Model, result);
    }

    // A recipe made in code has passed none of the checks that one from a file has: it goes the same way.
    private static Recipe Checked(Recipe recipe) => RecipeReader.Read(RecipeWriter.Write(recipe), "recipe");

    // For hours, so on a thread of its own rather than on one of the pool's.
    private static Task<T> Start<T>(Func<T> work, CancellationToken cancel) =>
        Task.Factory.StartNew(work, cancel, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
}

/// <summary>What a run would take.</summary>
/// <param name="Recipe">The recipe with every open value chosen.</param>
/// <param name="Choices">What was chosen, and why.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="MemoryBytes">Resident memory of the process at its peak.</param>
/// <param name="DiskBytes">Checkpoints and result.</param>
/// <param name="Duration">An estimate, from passes timed on this machine.</param>
public sealed record FineTunePlan(Recipe Recipe, IReadOnlyList<Choice> Choices, int Steps, long MemoryBytes, long DiskBytes, TimeSpan Duration);
