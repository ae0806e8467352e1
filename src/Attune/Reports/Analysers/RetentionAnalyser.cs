using Attune.Evaluation;

namespace Attune.Reports.Analysers;

/// <summary>Whether the model forgot what it could do before: a rise of a loss by more than 5 %, or a fall of a score by more than 2 points.</summary>
internal sealed class RetentionAnalyser : IAnalyser
{
    internal const double LossRise = 0.05;
    internal const double ScoreFall = 0.02;

    public IEnumerable<Finding> Analyse(RunRecord run)
    {
        foreach (var m in run.Metrics.Where(m => m.Role == MetricRole.Retention && double.IsFinite(m.Before) && double.IsFinite(m.After)))
        {
            var evidence = $"{Numbers.Value(m.Before, m.Unit)} before, {Numbers.Value(m.After, m.Unit)} after" +
                (m.Unit == MetricUnit.Loss ? $" ({RelativeChange(m)})" : "") +
                $"; 95 % interval of the difference {Numbers.Interval(m)}; threshold {(m.Unit == MetricUnit.Loss ? "+" + Numbers.Percent(LossRise) : "−" + Numbers.Change(ScoreFall, m.Unit)[1..])}." +
                (run.Facts.FirstOrDefault(static f => f.Name == "Replay") is { } replay ? $" With replay: {replay.Value}." : "");
            if (IsForgotten(m))
            {
                yield return new(FindingTone.Warning, $"Something was forgotten: {m.Name}", evidence,
                    (run.Setting("data.replay") is null or "none" ? "Mix other rows in (data.replay)" : "Raise data.replay_fraction")
                    + ", which helps most; or lower train.learning_rate, train.epochs or method.rank; or go back a part of the way with attune blend.");
            }
            else
                yield return new(FindingTone.Good, $"Nothing that matters was forgotten: {m.Name}", evidence);
        }
    }

    /// <summary>Whether the metric became worse by more than is tolerated and by more than chance explains.</summary>
    public static bool IsForgotten(MetricChange m) => m.IsReal && !m.IsBetter
        && (m.Unit == MetricUnit.Loss ? m.Difference > LossRise * m.Before : Math.Abs(m.Difference) > ScoreFall);

    /// <summary>The difference as a part of the value before: <c>+1.1 %</c>.</summary>
    public static string RelativeChange(MetricChange m) => (m.Difference < 0 ? "−" : "+") + Numbers.Percent(Math.Abs(m.Difference / m.Before));
}
