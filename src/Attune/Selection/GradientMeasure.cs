using System.Globalization;
using Attune.Data;
using Attune.Engine;
using Attune.Objectives;
using Attune.Training;

namespace Attune.Selection;

/// <summary>What measures are made of where they need more than the model.</summary>
internal sealed record MeasureParts
{
    /// <summary>The warm-up, trained when <see cref="RowMeasure.Begin"/> is called first; null where none is wanted. Set before that.</summary>
    public WarmUp? WarmUp { get; set; }

    /// <summary>The rows that may be chosen.</summary>
    public required IReadOnlyList<SelectionRow> Rows { get; init; }

    /// <summary>Validation rows, one list a task: a file, or a label of one.</summary>
    public required IReadOnlyList<IReadOnlyList<SelectionRow>> Valid { get; init; }

    /// <summary>Numbers that a gradient is projected to.</summary>
    public required int Projection { get; init; }

    /// <summary>Decides the projection.</summary>
    public required long Seed { get; init; }
}

/// <summary>
/// How far a step on a row moves a model towards validation rows (LESS: Xia et al., "Selecting influential data for targeted instruction
/// tuning", 2024). At every checkpoint θₜ of a warm-up, on the weights of its adapters: the cosine of
/// Γ(z) = m̂ / (√v̂ + ε), the step that Adam would take from its moments there with the row's gradient, and the gradients of validation rows,
/// each of length one, their mean taken by task; both projected at random.
/// </summary>
/// <remarks>
/// The validation rows come first, so that of the training rows' gradients nothing is kept but a cosine a task: memory is that of
/// tasks × projection, whatever the number of rows.
/// </remarks>
internal sealed class GradientMeasure(MeasureParts parts) : RowMeasure
{
    private readonly RandomProjection projection = new(parts.Projection, RandomKey.OfSeed(parts.Seed).For("gradients"));
    private float[][] towards = [];
    private int step;

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, string Value)> Settings =>
    [
        ("measure", "gradients"), ("projection", string.Create(CultureInfo.InvariantCulture, $"{parts.Projection} by SplitMix64")), ("projection seed", parts.Seed.ToString(CultureInfo.InvariantCulture)),
        ("valid", string.Join(' ', parts.Valid.Select(SelectionRow.HashOf))),
    ];

    /// <inheritdoc/>
    public override int Passes => WarmUpOptions.Checkpoints;

    /// <inheritdoc/>
    public override int Values => parts.Valid.Count;

    /// <summary>Nothing beside the warm-up, whose passes are no smaller.</summary>
    public override long Plan(MeasuringModel model) => 0;

    /// <inheritdoc/>
    public override void Begin(int pass, MeasuringModel model, Arena arena, CancellationToken cancel)
    {
        parts.WarmUp!.Load(pass);
        step = parts.WarmUp.StepsAt(pass) + 1;
        towards = [.. parts.Valid.Select(task =>
        {
            var mean = new float[projection.Size];
            foreach (var row in task)
            {
                cancel.ThrowIfCancellationRequested();
                var own = Project(row, model, arena, asStep: false);
                for (var i = 0; i < mean.Length; i++)
                    mean[i] += own[i] / task.Count;
            }
            return mean;
        })];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Measured> Of(IReadOnlyList<SelectionRow> rows, MeasuringModel model, Arena arena, CancellationToken cancel) => [.. rows.Select(row =>
    {
        cancel.ThrowIfCancellationRequested();
        var update = Project(row, model, arena, asStep: true);
        return new Measured([.. towards.Select(t => (double)Vectors.Dot(update, t))]);
    })];

    // Of length one.
    private float[] Project(SelectionRow row, MeasuringModel model, Arena arena, bool asStep)
    {
        Gradient(row, parts.WarmUp!, model, arena);
        var projected = new float[projection.Size];
        long first = 0;
        foreach (var bucket in parts.WarmUp!.Model.Weights.Buckets)
        {
            var gradient = bucket.Gradients.Row<float>(0);
            if (asStep)
                TurnIntoStep(gradient, bucket.M.Row<float>(0), bucket.V.Row<float>(0), step, parts.WarmUp.Options.Optimizer);
            projection.Add(gradient, first, projected);
            first += gradient.Length;
        }
        Vectors.Normalise(projected);
        return projected;
    }

    /// <summary>∂(mean loss of a row's trained tokens)/∂weights, into the weights' gradients.</summary>
    public static void Gradient(SelectionRow row, WarmUp warmUp, MeasuringModel model, Arena arena)
    {
        warmUp.Model.Weights.RestartGradients();
        var gradients = new GradientStep(warmUp.Model, model.Backend, arena, warmUp.Options);
        var scale = 1f / row.Examples.Sum(static e => e.TrainedTokens);
        foreach (var example in row.Examples)
            gradients.RunMicroBatch(new PassInput(Batch.Of([example], [0]), model.PassRows), 0, scale);
        warmUp.Model.Weights.ClearUnreached();
    }

    /// <summary>Γ in the place of a gradient: where step number <paramref name="step"/> of Adam would go, from the moments before it.</summary>
    public static void TurnIntoStep(Span<float> gradient, ReadOnlySpan<float> m, ReadOnlySpan<float> v, int step, AdamWOptions options)
    {
        var (firstBias, secondBias) = (1 - Math.Pow(options.Beta1, step), 1 - Math.Pow(options.Beta2, step));
        for (var i = 0; i < gradient.Length; i++)
        {
            double g = gradient[i];
            var first = (options.Beta1 * m[i] + (1 - options.Beta1) * g) / firstBias;
            var second = (options.Beta2 * v[i] + (1 - options.Beta2) * g * g) / secondBias;
            gradient[i] = (float)(first / (Math.Sqrt(second) + options.Epsilon));
        }
    }
}
