using System.Globalization;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Hardware;
using Attune.Models;
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

    /// <summary>Arena bytes of <see cref="SequenceLogits.Run"/> on <paramref name="tokens"/> tokens.</summary>
    public static long Logits(Decoder model, Backend backend, IAdapterSet? adapters, int tokens)
    {
        using var arena = Engine.Arena.Pretended();
        SequenceLogits.Run(model, adapters, new int[tokens], new DryRunBackend(backend), arena, static (_, _) => { });
        return arena.Peak;
    }

    /// <summary>Arena bytes of the logits of the last <paramref name="rows"/> of <paramref name="tokens"/> tokens, all at once.</summary>
    public static long LastLogits(Decoder model, Backend backend, IAdapterSet? adapters, int tokens, int rows)
    {
        using var arena = Engine.Arena.Pretended();
        using var tape = new Tape(new DryRunBackend(backend), arena, record: false);
        var last = Enumerable.Range(Math.Max(0, tokens - rows), Math.Min(rows, tokens)).ToArray();
        model.Logits(tape, Pass.Packed([tokens]) with { Adapters = adapters }, new int[tokens], last);
        return arena.Peak;
    }

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

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:F0} MB");
}
