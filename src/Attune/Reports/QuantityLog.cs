using System.Text.Json;
using Attune.Evaluation;
using Attune.Formats;

namespace Attune.Reports;

/// <summary>The finished runs of a study of data quantity, a line each, in a file that only grows: <c>runs.jsonl</c>.</summary>
internal static class QuantityLog
{
    private static readonly JsonLogKind Kind = new("attune_enough", 1, "runs", "give another --output, or delete the folder");

    /// <summary>Opens the log to go on with it, or begins it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="settings">What decides the runs, apart from part and seed.</param>
    /// <param name="done">The runs that it holds.</param>
    /// <exception cref="Problems.UserErrorException">It is of another recipe, model or data, or damaged.</exception>
    public static JsonLog Open(string path, IReadOnlyList<(string Name, string Value)> settings, out List<QuantityPoint> done)
    {
        var points = new List<QuantityPoint>();
        done = points;
        return JsonLog.Open(path, Kind, settings, line => points.Add(Read(line) ?? throw line.Damaged()));
    }

    /// <summary>Writes a run into an object that is open.</summary>
    public static void WriteBody(Utf8JsonWriter json, QuantityPoint p)
    {
        json.WriteNumber("part", p.Fraction);
        json.WriteNumber("seed", p.Seed);
        json.WriteNumber("rows", p.Rows);
        json.WriteNumber("steps", p.Steps);
        json.WriteNumber("best_step", p.BestStep);
        json.WriteStartArray("metrics");
        foreach (var v in p.Values)
        {
            json.WriteStartObject();
            json.WriteString("name", v.Name);
            json.WriteString("unit", v.Unit.ToString().ToLowerInvariant());
            json.WriteNumber("value", v.Value);
            json.WriteNumber("rows", v.Count);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static QuantityPoint? Read(JsonLogLine line)
    {
        var (part, seed) = (Number(line.Json, "part") ?? 0, Number(line.Json, "seed") ?? -1);
        int rows = line.Whole("rows") ?? 0, steps = line.Whole("steps") ?? -1, best = line.Whole("best_step") ?? -1;
        if (part is not (> 0 and <= 1) || seed is not (>= 0 and <= long.MaxValue / 2) || rows <= 0 || steps < 0 || best < 0
            || !line.Json.TryGetProperty("metrics", out var metrics) || metrics.ValueKind != JsonValueKind.Array)
            return null;
        var values = new List<MetricValue>();
        foreach (var m in metrics.EnumerateArray())
        {
            if (m.ValueKind != JsonValueKind.Object || JsonLogLine.Text(m, "name") is not { } name || Number(m, "value") is not { } value || Number(m, "rows") is not { } count
                || !Enum.TryParse<MetricUnit>(JsonLogLine.Text(m, "unit"), ignoreCase: true, out var unit) || !Enum.IsDefined(unit) || count is not (>= 0 and <= int.MaxValue))
                return null;
            values.Add(new MetricValue("", name, unit, value, double.NaN, double.NaN, (int)count));
        }
        return new QuantityPoint(part, (long)seed, rows, steps, best, values);
    }

    private static double? Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out var n) && n.ValueKind == JsonValueKind.Number && n.TryGetDouble(out var v) && double.IsFinite(v) ? v : null;
}
