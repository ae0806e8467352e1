using System.Globalization;
using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Evaluation;
using Attune.Hardware;
using Attune.Models;
using Attune.Objectives;
using Attune.Problems;
using Attune.Training;

namespace Attune.Runs;

/// <summary>Memory of work that trains nothing, in bytes: the arena's part is measured by running one full pass on pretended memory.</summary>
/// <param name="Weights">Mapped from files, adapters included.</param>
/// <param name="Arena">Cache, activations and workspaces.</param>
public sealed record InferencePlan(long Weights, long Arena)
{
    /// <summary>Resident memory of the process at its peak.</summary>
    public long Total => Weights + Arena + MemoryPlan.RuntimeBytes;

    /// <summary>Arena bytes of <see cref="TokenLosses.Measure"/> in passes of <paramref name="rows"/> rows.</summary>
    public static long Losses(Decoder model, Backend backend, IAdapterSet? adapters, int rows) => Pretend(backend, (dry, arena) =>
    {
        // The largest batch that can come: every row in use, every row counted.
        var full = Batch.Of([new Example(new int[rows + 1], [false, .. Enumerable.Repeat(true, rows)], "", 0, 0)], [0]);
        var input = new PassInput(full, rows);
        using var tape = new Tape(dry, arena, record: false);
        NextToken.Forward(tape, model, input.Pass with { Adapters = adapters }, input, 1);
    });

    /// <summary>Arena bytes of <see cref="SequenceLogits.Run"/> on <paramref name="tokens"/> tokens.</summary>
    public static long Logits(Decoder model, Backend backend, IAdapterSet? adapters, int tokens) => Pretend(backend, (dry, arena) =>
        SequenceLogits.Run(model, adapters, new int[tokens], dry, arena, static (_, _) => { }));

    /// <summary>Refuses what does not fit.</summary>
    /// <param name="limit">Bytes that may be used; null for what is free now.</param>
    /// <exception cref="UserErrorException">It needs more.</exception>
    public void Require(long? limit = null)
    {
        var may = limit ?? Machine.Inspect().FreeMemory;
        if (Total <= may)
            return;
        var (name, bytes) = Weights > Arena ? ("the weights", Weights) : ("the work on tokens", Arena);
        throw new UserErrorException(
            "memory", $"this needs {Megabytes(Total)}, and {Megabytes(may)} are free; the largest term is {name} with {Megabytes(bytes)}",
            "close other programs, use a smaller model, or shorten the texts (prompts, --max-new-tokens, rows)");
    }

    private static long Pretend(Backend backend, Action<DryRunBackend, Arena> run)
    {
        using var arena = Engine.Arena.Pretended();
        run(new DryRunBackend(backend), arena);
        return arena.Peak;
    }

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:F0} MB");
}
