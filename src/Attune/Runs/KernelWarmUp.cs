using Attune.Engine.Backends;

namespace Attune.Runs;

/// <summary>
/// Compiles what a step computes with while the rows are read: a pass of few rows through the model's first block, on a thread of its
/// own, once a process. No result depends on it, and what goes wrong in it goes wrong again, and is said, where it matters.
/// </summary>
internal sealed class KernelWarmUp : IDisposable
{
    private static int begun;
    private readonly Task? pass;

    private KernelWarmUp(Task? pass) => this.pass = pass;

    /// <summary>Begins; until the result is disposed nothing else may use the weights or the backend.</summary>
    public static KernelWarmUp Begin(ModelContext model, Backend backend) => new(
        model.Folder.HasWeights && Interlocked.Exchange(ref begun, 1) == 0
            ? Task.Factory.StartNew(() => PassTimes.WarmUp(model, backend), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
            : null);

    /// <summary>Waits for its end.</summary>
    public void Dispose()
    {
        // Not Wait, which would throw.
        if (pass is not null)
            Task.WaitAny(pass);
    }
}
