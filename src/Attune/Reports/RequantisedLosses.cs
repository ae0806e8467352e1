using Attune.Evaluation;

namespace Attune.Reports;

/// <summary>
/// What it costs a model that was tuned on a quantised base to leave it: mean losses of the same rows, in nats per token. A merge into few
/// bits can round away what was learned, and the run that made it looks as good as any.
/// </summary>
/// <param name="Base">What the base was held as: <c>nf4</c>, <c>int8</c>.</param>
/// <param name="Rows">Rows that the losses are of.</param>
/// <param name="StoredUntuned">The base as its file has it, before tuning.</param>
/// <param name="Untuned">The base as it was held, before tuning.</param>
/// <param name="Tuned">The result, on the base as it was held.</param>
public sealed record RequantisedLosses(string Base, int Rows, double StoredUntuned, double Untuned, double Tuned)
{
    /// <summary>The result in other forms.</summary>
    public IReadOnlyList<FormLoss> Forms { get; init; } = [];

    /// <summary>All of it by name, with what it is above the result's loss.</summary>
    public IReadOnlyList<string[]> Lines =>
    [
        Line("the base as stored, not tuned", StoredUntuned),
        Line($"the base in {Base}, not tuned", Untuned),
        Line($"tuned, on the base in {Base}", Tuned),
        .. Forms.Select(f => Line(f.Form, f.Loss)),
    ];

    /// <summary>The share of what tuning brought that a form keeps: 1 is all of it, 0 none.</summary>
    public double Kept(FormLoss form) => (Untuned - (form.Loss ?? double.NaN)) / (Untuned - Tuned);

    private string[] Line(string name, double? loss) =>
        loss is { } value ? [name, Numbers.Value(value, MetricUnit.Loss), Numbers.Change(value - Tuned, MetricUnit.Loss)] : [name, "needs more memory", ""];
}

/// <summary>A form of the result with its loss.</summary>
/// <param name="Form">Which: "merged, then q4_0".</param>
/// <param name="Loss">Mean loss in nats per token; null where memory did not suffice to measure it.</param>
public sealed record FormLoss(string Form, double? Loss);
