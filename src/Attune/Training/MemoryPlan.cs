using Attune.Data;
using Attune.Engine.Backends;
using Attune.Evaluation;
using Attune.Models;
using Attune.Objectives;

namespace Attune.Training;

/// <summary>A frozen model that a run measures beside its own: a teacher, a student to compare with.</summary>
/// <param name="Model">The model.</param>
/// <param name="Adapters">What it was tuned with, or null.</param>
/// <param name="Bytes">Bytes that it keeps and that no objective counts already.</param>
public sealed record ModelBeside(Decoder Model, IAdapterSet? Adapters, long Bytes)
{
    /// <summary>Bytes that quantising it takes for a moment; 0 where it is held as it is stored.</summary>
    public long LoadingBytes { get; init; }

    /// <summary>Whether it reads the rows of the run; false for a teacher with other tokens.</summary>
    public bool IsMeasured { get; init; } = true;
}

/// <summary>
/// What a run needs, in bytes, found by running one step of it on pretended memory: the arena's part is exact.
/// </summary>
public sealed record MemoryPlan
{
    /// <summary>What .NET itself, the program's code and its ordinary objects take.</summary>
    public const long RuntimeBytes = 110L << 20;

    /// <summary>Weights that do not train, as they are held: mapped from files, or quantised.</summary>
    public required long Frozen { get; init; }

    /// <summary>What quantising them, or the teacher, takes for a moment, before there is anything but them.</summary>
    public long Loading { get; init; }

    /// <summary>Which of the two is quantised.</summary>
    public (bool Frozen, bool Teacher) Quantised { get; init; }

    /// <summary>Weights and tables of a teacher, as a rule mapped from files too, and of what else is measured.</summary>
    public long Teacher { get; init; }

    /// <summary>Trained weights, F32.</summary>
    public required long Trained { get; init; }

    /// <summary>Their gradients.</summary>
    public required long Gradients { get; init; }

    /// <summary>The optimizer's moments.</summary>
    public required long Moments { get; init; }

    /// <summary>Activations, their gradients and workspaces of one micro-batch, forward and backward.</summary>
    public required long Activations { get; init; }

    /// <summary>Activations of one pass that only measures losses.</summary>
    public required long Evaluation { get; init; }

    /// <summary>Cache and activations while answers are generated.</summary>
    public required long Generation { get; init; }

    /// <summary>What is kept of the rows where the lowest trained block begins, as far as it is resident.</summary>
    public long Prefix { get; init; }

    /// <summary>Tokenized rows and tables.</summary>
    public required long Data { get; init; }

    /// <summary>What stays for the whole run.</summary>
    public long Persistent => Trained + Gradients + Moments;

    /// <summary>What the arena must hold: what stays, and behind it the largest of the phases that follow each other.</summary>
    public long Arena => Persistent + LargestPhase;

    private long LargestPhase => Math.Max(Activations, Math.Max(Evaluation, Generation));

    /// <summary>Resident memory of the process at its peak.</summary>
    public long Total => Frozen + Teacher + Math.Max(Arena + Prefix, Loading) + Data + RuntimeBytes;

    /// <summary>The terms by name, the largest first.</summary>
    public IReadOnlyList<(string Name, long Bytes)> Terms => [.. new (string, long)[]
    {
        (Quantised.Frozen ? "frozen weights (quantised)" : "frozen weights (mapped)", Frozen),
        (Quantised.Teacher ? "teacher (quantised)" : "teacher (mapped)", Teacher),
        ("trained weights", Trained),
        ("gradients", Gradients),
        ("optimizer", Moments),
        ("activations", LargestPhase),
        ("frozen-prefix cache", Prefix),
        ("data", Data),
        (".NET", RuntimeBytes),
    }.Where(static t => t.Item2 > 0).OrderByDescending(static t => t.Item2)];

    /// <summary>Plans a run.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="method">What trains.</param>
    /// <param name="options">Rows of a pass, recomputation.</param>
    /// <param name="backend">The backend that will train and validate; before and after are measured on its <see cref="Backend.Exact"/>.</param>
    /// <param name="texts">How many texts are generated at once at the most.</param>
    /// <param name="textLength">Longest prompt and answer together.</param>
    /// <param name="tokens">Tokens of all data sets.</param>
    /// <param name="block">The block before which passes may begin; see <see cref="PrefixCache"/>. 0 where they never do.</param>
    /// <param name="measuredRows">Rows of the largest pass that is measured before and after, where it is larger than those of training.</param>
    /// <param name="beside">Models that are measured on the same rows; null for none.</param>
    public static MemoryPlan Of(
        ModelFolder folder, TuningMethod method, TrainerOptions options, Backend backend, int texts, int textLength, long tokens, int block = 0, int measuredRows = 0,
        IReadOnlyList<ModelBeside>? beside = null)
    {
        using var arena = Engine.Arena.Pretended();
        var dry = new DryRunBackend(backend);
        using var model = TrainingModel.Build(folder, method, dry, arena);
        // Nothing was returned yet: what stays lies without a gap at the start, and every phase begins where it ends.
        var persistent = arena.InUse;
        var gradients = new GradientStep(model, dry, arena, options);
        foreach (var rows in PassRows.All(options.PassRows))
        {
            foreach (var stream in PlannedStream.Of(block))
                gradients.RunMicroBatch(new PassInput(Batch.Full(rows), rows) { Stream = stream }, 0, 1);
        }
        // Before tuning the base is measured alone.
        var sides = new IAdapterSet?[] { null, model.Adapters };
        var besides = beside ?? [];
        var others = besides.Where(static o => o.IsMeasured).ToArray();
        var bucket = model.Weights.Buckets.Sum(static b => RoundUp(b.Values.Bytes));
        return new MemoryPlan
        {
            Frozen = folder.WeightBytes + (model.Adapters?.OwnBytes ?? 0),
            Loading = Math.Max(folder.LoadingBytes, besides.Select(static o => o.LoadingBytes).DefaultIfEmpty().Max()),
            Quantised = (folder.LoadingBytes > 0, besides.Any(static o => o.LoadingBytes > 0)),
            Teacher = options.Objective.Bytes + besides.Sum(static o => o.Bytes),
            Trained = bucket,
            Gradients = bucket,
            Moments = persistent - 2 * bucket,
            Activations = arena.Peak - persistent,
            Evaluation = Math.Max(
                sides.Max(a => Math.Max(
                    TokenLosses.Plan(model.Decoder, a, options.PassRows, backend, block), TokenLosses.Plan(model.Decoder, a, Math.Max(options.PassRows, measuredRows), backend.Exact, block))),
                others.Select(o => TokenLosses.Plan(o.Model, o.Adapters, options.PassRows, backend.Exact)).DefaultIfEmpty().Max()),
            Generation = Math.Max(options.OnPolicy?.Plan(model.Decoder, backend.Exact, model.Adapters) ?? 0, texts == 0 ? 0 : sides.Select(a => new ModelBeside(model.Decoder, a, 0)).Concat(others)
                .Max(o => Generator.Plan(o.Model, backend.Exact, o.Adapters, texts, textLength))),
            // An id, a flag, offsets while building, and batches under way.
            Data = 32 * tokens,
        };
    }

    private static long RoundUp(long bytes) => (bytes + Engine.Arena.Alignment - 1) / Engine.Arena.Alignment * Engine.Arena.Alignment;
}
