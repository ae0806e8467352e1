using System.Diagnostics;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Evaluation;
using Attune.Models;
using Attune.Objectives;
using Attune.Reports;
using Attune.Training;

namespace Attune.Runs;

/// <summary>Measures the models of a distillation on the rows that the student was measured on.</summary>
internal static class RunTransfer
{
    /// <summary>The teacher, the student before, the one on labels alone, the student distilled; null where there is only the student.</summary>
    /// <param name="setup">The run.</param>
    /// <param name="model">The student, trained.</param>
    /// <param name="before">It before.</param>
    /// <param name="after">It now.</param>
    /// <param name="backend">Runs the kernels: the exact one, as all evidence.</param>
    /// <param name="arena">Memory, as planned.</param>
    /// <param name="notice">Gets the progress.</param>
    /// <param name="cancel">Looked at often.</param>
    public static Transfer? Of(
        RunSetup setup, TrainingModel model, Measurement before, Measurement after, Backend backend, Arena arena, Action<RunNotice> notice, CancellationToken cancel)
    {
        if (setup.MeasuredTeacher is null && setup.Compared is null)
            return null;
        var asked = setup.Data.Asked;
        Measurement Measured(FrozenModel other, string stage) =>
            Measurement.Of(setup.Measured, setup.Model.Tokenizer, other.Decoder, other.Adapters, backend, arena, stage, notice, cancel);
        double Time(Decoder decoder, IAdapterSet? adapters) => SecondsPerToken(setup, decoder, adapters, backend, arena, cancel);
        TransferModel Frozen(string name, FrozenModel other, Measurement seen) =>
            new(name, seen.Values(asked), other.Parameters, other.Bytes, Time(other.Decoder, other.Adapters));

        var folder = setup.Model.Folder;
        var weights = folder.Parameters.Sum(static i => (long)i.Rows * i.Cols);
        // Tuned weights are F32 here; saved they are what the base is, and that is what a student costs.
        var bytes = folder.HasWeights ? folder.WeightBytes : weights * sizeof(float);
        var adapters = model.Adapters is null ? 0 : model.ResultCount;
        var models = new List<TransferModel>();
        // What learns from a file of what a teacher said has none to measure, and one with other tokens reads other rows.
        if (setup.MeasuredTeacher is { } teacher)
            models.Add(Frozen(Transfer.Teacher, teacher, Measured(teacher, Transfer.Teacher)));
        models.Add(new("student before", before.Values(asked), weights, bytes, Time(model.Decoder, null)));
        IReadOnlyList<MetricChange> over = [];
        if (setup.Compared is { } compared)
        {
            var seen = Measured(compared, "labels alone");
            models.Add(Frozen("student on labels alone", compared, seen));
            over = after.ChangesFrom(seen, asked);
        }
        models.Add(new("student distilled", after.Values(asked), weights + adapters, bytes + adapters * sizeof(float), Time(model.Decoder, model.Adapters)));
        return new Transfer(models, over) { Hidden = (setup.Steps.Options.Objective as DistillationObjective)?.Hidden?.Says };
    }

    // Twice, of which the second counts: what is mapped has to be read from the disk once.
    private static double SecondsPerToken(RunSetup setup, Decoder decoder, IAdapterSet? adapters, Backend backend, Arena arena, CancellationToken cancel)
    {
        var rows = setup.Data.Test.Take(32).ToArray();
        double seconds = 0;
        for (var i = 0; i < 2; i++)
        {
            var start = Stopwatch.GetTimestamp();
            TokenLosses.Measure(decoder, adapters, rows, setup.Measured.PassRows, backend, arena, cancel);
            seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        return seconds / Math.Max(1, rows.Sum(static e => e.Positions));
    }
}
