using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Models;

namespace Attune.Bench;

/// <summary>What was measured of writing one text.</summary>
/// <param name="Format">How the weights are stored.</param>
/// <param name="WeightBytes">Bytes of the matrices, all of which every new token reads.</param>
/// <param name="Prompt">Tokens of the prompt.</param>
/// <param name="Prefill">Seconds in which the prompt is read.</param>
/// <param name="Decode">Seconds of a new token.</param>
public sealed record GenerationResult(string Format, long WeightBytes, int Prompt, Timing Prefill, Timing Decode)
{
    /// <summary>Tokens of the prompt that are read a second.</summary>
    public double PrefillPerSecond => Prompt / Prefill.Median;

    /// <summary>New tokens a second.</summary>
    public double DecodePerSecond => 1 / Decode.Median;
}

/// <summary>
/// Passes as the generator makes them: the prompt at once, then token by token over the cache. Which token follows is not chosen: that
/// takes no time worth measuring.
/// </summary>
public static class GenerationBench
{
    /// <summary>Measures with the weights of the folder, or with random ones of its shape in another format.</summary>
    /// <param name="folder">The model; its configuration suffices where <paramref name="format"/> is given.</param>
    /// <param name="format">Null for the folder's own weights.</param>
    /// <param name="backend">Runs the kernels.</param>
    /// <param name="prompt">Tokens of the prompt; at most a pass.</param>
    /// <param name="repeats">For each of reading and writing.</param>
    /// <param name="cancel">Looked at before every pass.</param>
    public static GenerationResult Measure(ModelFolder folder, DType? format, Backend backend, int prompt, Repeats repeats, CancellationToken cancel)
    {
        using var memory = new CaseMemory();
        var model = format is { } type ? folder.Build(info => Random(memory, info, type)) : folder.BuildFrozen();
        var capacity = Math.Min(model.Spec.MaxPositions, 2 * prompt);
        using var arena = Arena.OfBytes(Generator.Plan(model, backend, null, 1, capacity));
        using var stacked = arena.Stacked();
        using var cache = new KeyValueCache(arena, model.Spec, backend, 1, capacity);
        var ids = Enumerable.Range(0, capacity).Select(i => i * 7919 % model.Spec.Vocabulary).ToArray();
        void Read(int first, int count)
        {
            cancel.ThrowIfCancellationRequested();
            var plan = new AttentionPlan([new AttentionSpan(0, count, 0, first + count)]);
            var pass = new Pass { Plan = plan, Positions = [.. Enumerable.Range(first, count)], Cache = cache };
            using var tape = new Tape(backend, arena, record: false);
            model.Logits(tape, pass, ids.AsSpan(first, count), [count - 1]);
        }

        var prefill = Timing.Measure(() => Read(0, prompt), repeats, cancel);
        var written = prompt;
        // A text grows; one that is full begins anew behind the prompt.
        var decode = Timing.Measure(() => Read(written = written + 1 < capacity ? written + 1 : prompt, 1), repeats, cancel);
        var bytes = Matrices(folder).Sum(i => format is { } t ? i.Rows * t.Bytes(i.Cols) : folder.Weight(i).Bytes);
        return new GenerationResult(format is { } f ? $"{f}" : $"{folder.Weight(Matrices(folder).Last()).Type}, the folder's own", bytes, prompt, prefill, decode);
    }

    /// <summary>Whether rows of every matrix of a model are whole blocks of a format.</summary>
    public static bool Fits(ModelFolder folder, DType format) => Matrices(folder).All(i => i.Cols % format.BlockElements() == 0);

    private static IEnumerable<ParameterInfo> Matrices(ModelFolder folder) => folder.Parameters.Where(static i => i.Role is ParameterRole.Matrix or ParameterRole.Embedding);

    private static Parameter Random(CaseMemory memory, ParameterInfo info, DType format) => new(info.Name, info.Role switch
    {
        ParameterRole.Matrix or ParameterRole.Embedding => memory.Random(format, info.Rows, info.Cols, 0.06f),
        _ => memory.Random(DType.F32, info.Rows, info.Cols),
    });
}
