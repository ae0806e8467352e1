using Attune.Evaluation;
using Attune.Evaluation.Facts;
using Attune.Evaluation.Metrics;
using Attune.Quality;

namespace Attune.Reports;

/// <summary>All that a report says about a run, as plain data: the trainer and the evaluation fill it, analysers and writers read it.</summary>
public sealed record RunRecord
{
    /// <summary>What was done, in a few words: "LoRA of base-8m on support.jsonl".</summary>
    public required string Title { get; init; }

    /// <summary>Model and data in short: name, parameters, rows, trained tokens, duration.</summary>
    public IReadOnlyList<Fact> Facts { get; init; } = [];

    /// <summary>Measurements before and after; the first of role <see cref="MetricRole.Task"/> is the one that the headline is about.</summary>
    public IReadOnlyList<MetricChange> Metrics { get; init; } = [];

    /// <summary>Measurements of one model alone, where there is nothing to compare with.</summary>
    public IReadOnlyList<MetricValue> Values { get; init; } = [];

    /// <summary>The models of a distillation side by side; null where nothing was distilled.</summary>
    public Transfer? Transfer { get; init; }

    /// <summary>What was taken for what, where answers are labels.</summary>
    public IReadOnlyList<ConfusionPair> Confusions { get; init; } = [];

    /// <summary>What the two sides are called.</summary>
    public (string Before, string After) Sides { get; init; } = ("before", "after");

    /// <summary>What became of the rows.</summary>
    public DataCounts Data { get; init; } = new();

    /// <summary>What the quick check of the rows found; null where there were none to check.</summary>
    public QuickCheck? Rows { get; init; }

    /// <summary>How many training rows the model knew; null where nobody looked.</summary>
    public KnownFacts? Known { get; init; }

    /// <summary>How generated answers ended, after tuning; null where nothing was generated.</summary>
    public AnswerCounts? Answers { get; init; }

    /// <summary>What the result knows by heart of the training rows; null where nobody looked.</summary>
    public Memorisation? Memorisation { get; init; }

    /// <summary>What was measured at each step.</summary>
    public RunCurves Curves { get; init; } = new();

    /// <summary>Answers side by side.</summary>
    public IReadOnlyList<AnswerSample> Samples { get; init; } = [];

    /// <summary>What of the saved and exported files was loaded again and compared with the trained model; none where nothing was.</summary>
    public IReadOnlyList<ParityLine> Parity { get; init; } = [];

    /// <summary>Whether the result may be used, by the recipe's guard; null where nobody asked.</summary>
    public Gate? Gate { get; init; }

    /// <summary>What it costs to leave a quantised base; null where the base was held as it is stored.</summary>
    public RequantisedLosses? Requantised { get; init; }

    /// <summary>Terms of the memory plan, in the plan's order.</summary>
    public IReadOnlyList<MemoryLine> Memory { get; init; } = [];

    /// <summary>Every key of the resolved recipe with the reason of its value.</summary>
    public IReadOnlyList<SettingLine> Settings { get; init; } = [];

    /// <summary>The value of a key as it stands in <see cref="Settings"/>; null where nothing read it.</summary>
    public string? Setting(string key) => Settings.FirstOrDefault(s => s.Key == key)?.Value;

    /// <summary>What was said as a warning while the run went on.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Commands to try next, ready to paste.</summary>
    public IReadOnlyList<NextCommand> Next { get; init; } = [];

    /// <summary>Versions, machine, seed.</summary>
    public IReadOnlyList<Fact> Environment { get; init; } = [];
}

/// <summary>What a model knew of its training rows before it was tuned.</summary>
/// <param name="Counts">Rows by category.</param>
/// <param name="Unknown">What was done with the unknown ones, as the end of a sentence.</param>
public sealed record KnownFacts(KnownCounts Counts, string Unknown)
{
    /// <summary>What <see cref="Unknown"/> is where they were not trained on.</summary>
    public const string LeftOut = "left out";
}

/// <summary>A name and a value, both ready to be shown.</summary>
public sealed record Fact(string Name, string Value);

/// <summary>What a metric is evidence of.</summary>
public enum MetricRole
{
    /// <summary>The task that was tuned for.</summary>
    Task,

    /// <summary>What the model could do before and should still do.</summary>
    Retention,

    /// <summary>Whether what it says is true, stands in what it was given, or is admitted to be unknown: less of it is more hallucination.</summary>
    Truth,
}

/// <summary>One metric on the same rows before and after, with the interval of the difference.</summary>
/// <param name="Name">What was measured, on what: "answers that are right, test rows".</param>
/// <param name="Role">What it is evidence of.</param>
/// <param name="Unit">How its numbers are shown.</param>
/// <param name="Before">Value before tuning.</param>
/// <param name="After">Value after tuning.</param>
/// <param name="Low">Lower end of the 95 % interval of after − before.</param>
/// <param name="High">Upper end of it.</param>
/// <param name="Count">Rows (or tokens) that the interval rests on.</param>
public sealed record MetricChange(string Name, MetricRole Role, MetricUnit Unit, double Before, double After, double Low, double High, int Count)
{
    /// <summary>After − before.</summary>
    public double Difference => After - Before;

    /// <summary>Whether a higher value is the better one.</summary>
    public bool HigherIsBetter => Unit is not (MetricUnit.Loss or MetricUnit.Perplexity);

    /// <summary>The metric as a recipe names it; empty for what no recipe asks for.</summary>
    public string Key { get; init; } = "";

    /// <summary>The paired test of "nothing changed"; null where none was made.</summary>
    public PairedTest? Test { get; init; }

    /// <summary>
    /// Whether the difference is more than the choice of rows explains: the interval leaves zero out and the test, where there is one,
    /// finds it less likely than 5 %. Of very few rows the interval alone says too much.
    /// </summary>
    public bool IsReal => (Low > 0 || High < 0) && Test is not { PValue: >= 0.05 };

    /// <summary>Whether the difference is in the good direction.</summary>
    public bool IsBetter => HigherIsBetter ? Difference > 0 : Difference < 0;
}

/// <summary>One metric of one model, with the interval of its value.</summary>
/// <param name="Key">The metric as a recipe names it; empty for what no recipe asks for.</param>
/// <param name="Name">What was measured, on what.</param>
/// <param name="Unit">How its numbers are shown.</param>
/// <param name="Value">The value.</param>
/// <param name="Low">Lower end of its 95 % interval.</param>
/// <param name="High">Upper end of it.</param>
/// <param name="Count">Rows that it rests on.</param>
public sealed record MetricValue(string Key, string Name, MetricUnit Unit, double Value, double Low, double High, int Count);

/// <summary>What was taken for what before and after.</summary>
/// <param name="Name">The metric that it belongs to.</param>
/// <param name="Before">Before tuning; null where one model was measured alone.</param>
/// <param name="After">After tuning.</param>
public sealed record ConfusionPair(string Name, Confusion? Before, Confusion After);

/// <summary>Counts of rows on their way into training.</summary>
public sealed record DataCounts
{
    /// <summary>Training rows that were read.</summary>
    public int Rows { get; init; }

    /// <summary>Rows left out because they were too long.</summary>
    public int Dropped { get; init; }

    /// <summary>Rows whose prompt lost its beginning.</summary>
    public int Truncated { get; init; }

    /// <summary>The limit in tokens that decided it.</summary>
    public int MaxLength { get; init; }
}

/// <summary>How many of the generated answers ended by themselves.</summary>
/// <param name="Total">Answers generated.</param>
/// <param name="Stopped">Those that ended with a stop token, rather than at the limit of tokens.</param>
public sealed record AnswerCounts(int Total, int Stopped);

/// <summary>A point of a curve.</summary>
public readonly record struct CurvePoint(int Step, double Value);

/// <summary>What was measured while training, by optimizer step.</summary>
public sealed record RunCurves
{
    /// <summary>Loss of the step's batch, nats per trained token.</summary>
    public IReadOnlyList<CurvePoint> TrainLoss { get; init; } = [];

    /// <summary>Loss of the validation rows.</summary>
    public IReadOnlyList<CurvePoint> ValidLoss { get; init; } = [];

    /// <summary>The learning rate of the step.</summary>
    public IReadOnlyList<CurvePoint> LearningRate { get; init; } = [];

    /// <summary>Global norm of the gradient before clipping.</summary>
    public IReadOnlyList<CurvePoint> GradientNorm { get; init; } = [];

    /// <summary>The step whose weights are the result; null where no step was chosen.</summary>
    public int? KeptStep { get; init; }
}

/// <summary>One prompt with the wanted answer and the model's answers before and after. All four come from outside and are escaped by the writers.</summary>
/// <param name="Prompt">What the model was asked, as the user wrote it.</param>
/// <param name="Expected">The wanted answer.</param>
/// <param name="Before">The answer before tuning; null where one model was asked alone.</param>
/// <param name="After">The answer after tuning.</param>
/// <param name="BeforeIsRight">Whether it counts as right; null where that was not judged.</param>
/// <param name="AfterIsRight">Whether it counts as right; null where that was not judged.</param>
public sealed record AnswerSample(string Prompt, string Expected, string? Before, string After, bool? BeforeIsRight, bool? AfterIsRight);

/// <summary>One form of the result, loaded again as a stranger would load it and held against the trained model.</summary>
/// <param name="Form">Which: "adapter", "merged", "gguf:q8_0".</param>
/// <param name="Prompts">On how many prompts.</param>
/// <param name="SameIds">On how many of them the greedily written ids are the same.</param>
/// <param name="Difference">Largest difference of a logit.</param>
/// <param name="Allowed">The largest that the form's rounding explains.</param>
/// <param name="Holds">Whether the form passed.</param>
public sealed record ParityLine(string Form, int Prompts, int SameIds, double Difference, double Allowed, bool Holds)
{
    /// <summary>Whether the form's own tokenizer and template made the same ids of every prompt.</summary>
    public bool SamePrompts { get; init; } = true;

    /// <summary>Mean divergence KL(trained model ‖ form) of the next token, in nats.</summary>
    public double Divergence { get; init; }

    /// <summary>Mean loss of the form on the evaluation rows; null where there are none.</summary>
    public double? Loss { get; init; }

    /// <summary>Why the form could not be written or compared; null where it was.</summary>
    public string? Failed { get; init; }

    /// <summary>A form that could not be written or compared.</summary>
    internal static ParityLine Not(string form, string why) => new(form, 0, 0, double.NaN, double.NaN, false) { Divergence = double.NaN, Failed = why };
}

/// <summary>One term of the memory plan.</summary>
public sealed record MemoryLine(string Name, long Bytes);

/// <summary>A key of the recipe, its value, and why it has this value ("given", "default", or the rule of the choice).</summary>
public sealed record SettingLine(string Key, string Value, string Reason);

/// <summary>A command line and what it is good for.</summary>
public sealed record NextCommand(string Purpose, string Command);
