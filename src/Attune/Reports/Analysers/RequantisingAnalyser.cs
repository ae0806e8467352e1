using Attune.Evaluation;

namespace Attune.Reports.Analysers;

/// <summary>Whether a form that the result may be merged or rounded into loses what tuning brought: more than a tenth of it.</summary>
internal sealed class RequantisingAnalyser : IAnalyser
{
    private const double Tolerated = 0.9;

    public IEnumerable<Finding> Analyse(RunRecord run)
    {
        // Where tuning brought nothing there is nothing to lose.
        if (run.Requantised is not { } losses || !(losses.Tuned < losses.Untuned))
            yield break;
        var worse = losses.Forms.Where(f => losses.Kept(f) < Tolerated).ToArray();
        foreach (var form in worse)
        {
            yield return new(FindingTone.Warning, $"Lost in another form: {form.Form}",
                $"loss {Loss(form.Loss!.Value)} against {Loss(losses.Tuned)} of the result and {Loss(losses.Untuned)} before: {Numbers.Percent(Math.Clamp(1 - losses.Kept(form), 0, 1))} of what tuning brought is undone.",
                "Use a form with more bits (merged, gguf:q8_0), or keep the adapter apart from a base that is held as it was in tuning.");
        }
        if (worse.Length == 0 && losses.Forms.Any(static f => f.Loss is not null))
        {
            var worst = losses.Forms.Where(static f => f.Loss is not null).MaxBy(static f => f.Loss)!;
            yield return new(FindingTone.Good, "Merging and rounding again keep what was learned",
                $"the worst form is \"{worst.Form}\": loss {Loss(worst.Loss!.Value)} against {Loss(losses.Tuned)} of the result and {Loss(losses.Untuned)} before.");
        }
    }

    private static string Loss(double value) => Numbers.Value(value, MetricUnit.Loss);
}
