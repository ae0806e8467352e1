using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Reports;
using Attune.Text;

namespace Attune.Runs;

/// <summary>What a model does on the tasks of suites.</summary>
/// <param name="Tasks">Each task with what was seen.</param>
public sealed record SuiteMeasurement(IReadOnlyList<(SuiteRows Rows, Measurement Seen)> Tasks)
{
    /// <summary>Measures, as <see cref="Measurement.Of"/> does, task by task.</summary>
    public static SuiteMeasurement Of(
        IReadOnlyList<SuiteRows> tasks, Tokenizer tokenizer, Decoder model, IAdapterSet? adapters, Backend backend, Arena arena, string stage,
        Action<RunNotice> notice, CancellationToken cancel) =>
        new([.. tasks.Select(t => (t, Measurement.Of(t.Rows, tokenizer, model, adapters, backend, arena, $"{stage}, {t.Task.Name}", notice, cancel)))]);

    /// <summary>The changes from <paramref name="before"/> to this on the same rows.</summary>
    public IReadOnlyList<MetricChange> ChangesFrom(SuiteMeasurement before) =>
    [
        .. Tasks.Zip(before.Tasks, static (now, was) => now.Seen.ChangesFrom(was.Seen, now.Rows.Rows.Asked, now.Rows.Role)
            .Select(m => m with { Name = $"{now.Rows.Task.Name}: {m.Name}" })).SelectMany(static m => m),
    ];

    /// <summary>The values of this measurement alone.</summary>
    public IReadOnlyList<MetricValue> Values() =>
        [.. Tasks.SelectMany(static t => t.Seen.Values(t.Rows.Rows.Asked).Select(v => v with { Name = $"{t.Rows.Task.Name}: {v.Name}" }))];
}
