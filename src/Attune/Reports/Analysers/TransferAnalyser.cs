namespace Attune.Reports.Analysers;

/// <summary>Whether learning from a teacher gave more than the labels alone, and how far the student still is from it.</summary>
internal sealed class TransferAnalyser : IAnalyser
{
    public IEnumerable<Finding> Analyse(RunRecord run)
    {
        if (run.Transfer is not { } transfer)
            return [];
        var task = transfer.OverLabels.Where(static m => m.Role == MetricRole.Task).ToArray();
        if (task.Length == 0)
            return [new(FindingTone.Note, "What the teacher gave beyond the labels was not measured", "", "Tune the same student with objective.label_weight: 1, and name its result in objective.compare.")];
        return [Gain(task.FirstOrDefault(static m => m.IsReal) ?? task[0])];
    }

    private static Finding Gain(MetricChange m)
    {
        var evidence = $"{m.Name}: {Numbers.Value(m.Before, m.Unit)} on labels alone, {Numbers.Value(m.After, m.Unit)} distilled; 95 % interval of the difference {Numbers.Interval(m)}.";
        return (m.IsReal, m.IsBetter) switch
        {
            (true, true) => new(FindingTone.Good, "The teacher gave more than the labels alone", evidence),
            (true, false) => new(FindingTone.Warning, "The student learned less than from the labels alone", evidence,
                "Raise objective.label_weight, or try another divergence or temperature; a teacher that is weak on the task teaches its mistakes."),
            _ => new(FindingTone.Note, "Whether the teacher gave more than the labels is not clear", evidence, "More test rows tell smaller differences apart."),
        };
    }
}
