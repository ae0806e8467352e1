using Attune.Recipes;
using Attune.Runs;
using Attune.Training;

namespace Attune.Tests.Runs;

/// <summary>Runs that are stopped on the way.</summary>
internal static class Stopped
{
    /// <summary>Runs a recipe until so many steps are done, and stops it there as a user would.</summary>
    public static void After(Recipe recipe, int steps)
    {
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => TrainRun.Execute(recipe, null, TinyModel.Backend(recipe, threads: 1), TimeProvider.System, n =>
        {
            if (n is NoticeTraining { Event: StepDone e } && e.Step == steps)
                stop.Cancel();
        }, stop.Token));
    }
}
