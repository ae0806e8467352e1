namespace Attune.Reports;

/// <summary>What a distillation came to: every model that has to do with it, measured on the same rows.</summary>
/// <param name="Models">The teacher, the student before, the one tuned on labels alone where there is one, the student distilled.</param>
/// <param name="OverLabels">From the student tuned on labels alone to the one distilled, row by row; none where nothing was compared.</param>
public sealed record Transfer(IReadOnlyList<TransferModel> Models, IReadOnlyList<MetricChange> OverLabels)
{
    /// <summary>The teacher's name.</summary>
    internal const string Teacher = "teacher";

    /// <summary>Which hidden states were matched, and how, as a sentence; null where none were.</summary>
    public string? Hidden { get; init; }

    /// <summary>The table's heading: a column for each metric, then what a model costs.</summary>
    internal IReadOnlyList<string> Head => [.. Models[0].Values.Select(static v => v.Name), "weights", "held in", "time per token"];

    /// <summary>The cells of a model's row, under <see cref="Head"/>: values with their intervals, costs with their share of the teacher's.</summary>
    internal IReadOnlyList<string> Cells(TransferModel model)
    {
        var teacher = Models[0];
        string Share(double own, double whole) => teacher.Name != Teacher || ReferenceEquals(model, teacher) || whole <= 0 ? "" : $" ({Numbers.Percent(own / whole)})";
        return
        [
            .. model.Values.Select(static v => $"{Numbers.Value(v.Value, v.Unit)}, {Numbers.Interval(v)}"),
            Numbers.Count(model.Parameters) + Share(model.Parameters, teacher.Parameters),
            Numbers.Bytes(model.Bytes) + Share(model.Bytes, teacher.Bytes),
            Numbers.Short(1000 * model.SecondsPerToken) + " ms" + Share(model.SecondsPerToken, teacher.SecondsPerToken),
        ];
    }
}

/// <summary>One model of a distillation.</summary>
/// <param name="Name">Which it is.</param>
/// <param name="Values">What was measured, with 95 % intervals over rows.</param>
/// <param name="Parameters">Weights.</param>
/// <param name="Bytes">Bytes that they take as they are held.</param>
/// <param name="SecondsPerToken">Time to read a token of the test rows, on this machine.</param>
public sealed record TransferModel(string Name, IReadOnlyList<MetricValue> Values, long Parameters, long Bytes, double SecondsPerToken);
