using Attune.Evaluation;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Reports;

/// <summary>Reads back of <c>report.json</c> what a <see cref="Gate"/> judges by.</summary>
public static class ReportReader
{
    /// <summary>The record of a run, as far as it stands in the file: title, changes of metrics, memorisation, parity.</summary>
    /// <exception cref="UserErrorException">The file is missing or damaged, or an older version of Attune wrote it.</exception>
    public static RunRecord Read(string path)
    {
        var view = JsonView.Read(path);
        return new RunRecord
        {
            Title = view.RequiredString("title"),
            Metrics = [.. view.Objects("metrics").Select(Change)],
            Memorisation = view.Object("memorisation") is { } m
                ? new Memorisation(m.RequiredInt("rows", 0), m.RequiredInt("verbatim", 0), m.RequiredInt("unseen_rows", 0), m.RequiredInt("unseen_verbatim", 0))
                : null,
            Parity = [.. view.Objects("parity").Select(Line)],
        };
    }

    // What was not finite is written as null.
    private static MetricChange Change(JsonView view) => new(
        view.RequiredString("name"), Word<MetricRole>(view, "role"), Word<MetricUnit>(view, "unit"),
        view.Double("before") ?? double.NaN, view.Double("after") ?? double.NaN, view.Double("low") ?? double.NaN, view.Double("high") ?? double.NaN,
        view.RequiredInt("count", 0))
    { Key = view.String("metric") ?? "" };

    private static ParityLine Line(JsonView view) => new(
        view.RequiredString("form"), view.RequiredInt("prompts", 0), view.RequiredInt("same_ids", 0), view.Double("difference") ?? double.NaN,
        view.Double("allowed") ?? double.NaN, view.Bool("holds") ?? false)
    { Failed = view.String("failed") };

    private static T Word<T>(JsonView view, string key)
        where T : struct, Enum =>
        view.String(key) is not { } word ? throw new UserErrorException(view.File, $"its metrics have no {key}: an older version of Attune wrote it", "measure the result again with attune eval, or train again")
        : Enum.TryParse<T>(word, ignoreCase: true, out var value) && Enum.IsDefined(value) ? value
        : throw view.Wrong(key, string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant(), word, "the file was altered: train again");
}
