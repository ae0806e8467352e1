using Attune.Data;
using Attune.Engine.Backends;
using Attune.Evaluation;
using Attune.Models;

namespace Attune.Runs;

/// <summary>How long a run is expected to take; one that stops early takes less. An estimate: nothing depends on it.</summary>
/// <param name="Measuring">Before and after: losses and answers.</param>
/// <param name="Training">All steps, or the time limit.</param>
/// <param name="Validating">The validations between them.</param>
/// <param name="Basis">How it was found, as half a sentence.</param>
public sealed record RunDuration(TimeSpan Measuring, TimeSpan Training, TimeSpan Validating, string Basis)
{
    // Enough steps to know how many rows one takes.
    private const int SampledSteps = 16;

    /// <summary>The whole.</summary>
    public TimeSpan Total => Measuring + Training + Validating;

    /// <summary>Times a sample of the model on this machine and counts the rows of its passes.</summary>
    /// <param name="setup">The run.</param>
    /// <param name="backend">The backend that will run.</param>
    /// <param name="cancel">Looked at between passes.</param>
    public static RunDuration Estimate(RunSetup setup, Backend backend, CancellationToken cancel = default) =>
        Of(setup, PassTimes.Measure(setup.Model, setup.Data, setup.Method, setup.Steps.Options, backend, cancel));

    /// <summary>The duration of the run where its passes take <paramref name="times"/>.</summary>
    public static RunDuration Of(RunSetup setup, PassTimes times)
    {
        var (data, options, packer) = (setup.Data, setup.Steps.Options, setup.Steps.Packer);
        double Losses(IEnumerable<Example> rows) => rows.Sum(static e => (double)e.Positions) * times.LossRow;
        var sampled = Math.Min(SampledSteps, packer.StepsIn(0));
        var rows = Enumerable.Range(0, sampled).Average(i => packer.RowsOf(new DataCursor(0, i)));
        var training = options.TotalSteps * rows * times.TrainRow;
        var validations = Math.Ceiling((double)options.TotalSteps / options.EvalEvery);
        var validating = validations * Losses(data.Valid);
        if (setup.Memory.Prefix is not null)
        {
            training -= Math.Max(0, options.TotalSteps - packer.StepsIn(0)) * rows * times.PrefixRow;
            validating -= Math.Max(0, validations - 1) * data.Valid.Sum(static e => (double)e.Positions) * times.PrefixRow;
        }
        if (options.OnPolicy is { } own)
        {
            var texts = Math.Ceiling(own.Share * data.Train.Count / packer.StepsIn(0) / Generator.MaxSlots);
            training += options.TotalSteps * texts * (times.Prompt + own.LongestAnswer * times.Token);
        }
        if (options.TimeLimit is { } limit)
            training = Math.Min(training, limit.TotalSeconds);
        var groups = Math.Ceiling((double)data.Asked.Questions.Count / Generator.MaxSlots);
        var answers = groups * (times.Prompt + setup.Measured.MaxNewTokens * times.Token);
        var probed = Math.Ceiling((double)(data.Probe?.Texts ?? 0) / Generator.MaxSlots) * (times.Prompt + MemorisationProbe.MostAsked * times.Token);
        var suites = data.Suites.Sum(s => Losses(s.Rows.Asked.ChoiceExamples)
            + Math.Ceiling((double)s.Rows.Asked.Questions.Count / Generator.MaxSlots) * (times.Prompt + s.Rows.MaxNewTokens * times.Token));
        return new RunDuration(
            TimeSpan.FromSeconds(2 * (Losses(data.Test) + Losses(data.General) + Losses(data.Asked.ChoiceExamples) + answers + suites) + probed),
            TimeSpan.FromSeconds(training),
            TimeSpan.FromSeconds(validating),
            $"an estimate from passes through {times.Blocks} of the model's {setup.Model.Folder.Spec.Layers} blocks, timed on this machine");
    }
}
