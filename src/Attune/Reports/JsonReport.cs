using System.Text.Json;
using Attune.Evaluation;
using Attune.Evaluation.Facts;

namespace Attune.Reports;

/// <summary>The report for programs: the same numbers as <see cref="HtmlReport"/>, unrounded. What is not finite is null.</summary>
public static class JsonReport
{
    /// <summary>The document.</summary>
    public static string Write(RunRecord run) => JsonText.Of(json => WriteBody(json, run));

    /// <summary>The document's properties, into an object that is open.</summary>
    public static void WriteBody(Utf8JsonWriter json, RunRecord run)
    {
        var verdict = Verdict.Of(run);
        json.WriteString("title", run.Title);
        json.WriteString("verdict", verdict.Label);
        json.WriteString("sentence", verdict.Sentence);
        Array(json, "metrics", run.Metrics, m => Change(json, m));
        Array(json, "values", run.Values, v => Value(json, v));
        if (run.Transfer is { } transfer)
        {
            Array(json, "models", transfer.Models, m => Model(json, m));
            if (transfer.Hidden is { } hidden)
                json.WriteString("hidden", hidden);
            Array(json, "over_labels", transfer.OverLabels, m => Change(json, m));
        }
        Array(json, "findings", Findings.Of(run), f => Strings(json, ("tone", f.Tone.ToString().ToLowerInvariant()), ("title", f.Title), ("evidence", f.Evidence), ("advice", f.Advice)));
        if (run.Rows is { } rows)
        {
            json.WriteStartObject("rows_checked");
            json.WriteNumber("rows", rows.Rows);
            json.WriteNumber("duplicates", rows.Duplicates);
            json.WriteNumber("conflicts", rows.Conflicts);
            json.WriteNumber("test_rows", rows.TestRows);
            json.WriteNumber("test_copies", rows.TestCopies);
            json.WriteNumber("test_prompts", rows.TestPrompts);
            json.WriteEndObject();
        }
        if (run.Known is { } known)
        {
            json.WriteStartObject("known");
            foreach (var category in Enum.GetValues<Known>())
                json.WriteNumber(category.ToString(), known.Counts[category]);
            json.WriteString("unknown_rows", known.Unknown);
            json.WriteEndObject();
        }
        if (run.Answers is { } ends)
        {
            json.WriteNumber("answers", ends.Total);
            json.WriteNumber("answers_stopped", ends.Stopped);
        }
        Array(json, "samples", run.Samples, s => Sample(json, s));
        Array(json, "confusions", run.Confusions, c => Confusion(json, c));
        Array(json, "parity", run.Parity, p => Parity(json, p));
        if (run.Gate is { Conditions.Count: > 0 } gate)
            WriteGate(json, gate);
        if (run.Memorisation is { } memory)
            Memorisation(json, memory);
        if (run.Requantised is { } requantised)
            Requantised(json, requantised);
        Array(json, "facts", run.Facts, f => Strings(json, ("name", f.Name), ("value", f.Value)));
        Array(json, "settings", run.Settings, s => Strings(json, ("key", s.Key), ("value", s.Value), ("reason", s.Reason)));
        Array(json, "warnings", run.Warnings, json.WriteStringValue);
        Array(json, "next", [.. run.Next.Select(static n => n.Command)], json.WriteStringValue);
    }

    /// <summary>The verdict of a gate with its reasons, as properties of an object that is open.</summary>
    public static void WriteGate(Utf8JsonWriter json, Gate gate)
    {
        json.WriteStartObject("gate");
        json.WriteBoolean("met", gate.IsMet);
        json.WriteString("sentence", gate.Sentence);
        Array(json, "conditions", gate.Conditions, c =>
        {
            Strings(json, ("key", c.Key), ("demand", c.Demand), ("found", c.Found));
            json.WriteBoolean("met", c.IsMet);
        });
        json.WriteEndObject();
    }

    private static void Change(Utf8JsonWriter json, MetricChange m)
    {
        json.WriteString("name", m.Name);
        json.WriteString("metric", m.Key);
        json.WriteString("role", m.Role.ToString().ToLowerInvariant());
        json.WriteString("unit", m.Unit.ToString().ToLowerInvariant());
        JsonText.Number(json, "before", m.Before);
        JsonText.Number(json, "after", m.After);
        JsonText.Number(json, "low", m.Low);
        JsonText.Number(json, "high", m.High);
        json.WriteNumber("count", m.Count);
        if (m.Test is { } test)
        {
            json.WriteString("test", test.Name);
            json.WriteNumber("p", test.PValue);
        }
        json.WriteBoolean("real", m.IsReal);
        json.WriteBoolean("better", m.IsBetter);
    }

    private static void Model(Utf8JsonWriter json, TransferModel m)
    {
        json.WriteString("name", m.Name);
        Array(json, "values", m.Values, v => Value(json, v));
        json.WriteNumber("weights", m.Parameters);
        json.WriteNumber("bytes", m.Bytes);
        JsonText.Number(json, "seconds_per_token", m.SecondsPerToken);
    }

    private static void Value(Utf8JsonWriter json, MetricValue v)
    {
        json.WriteString("name", v.Name);
        json.WriteString("metric", v.Key);
        JsonText.Number(json, "value", v.Value);
        JsonText.Number(json, "low", v.Low);
        JsonText.Number(json, "high", v.High);
        json.WriteNumber("count", v.Count);
    }

    private static void Sample(Utf8JsonWriter json, AnswerSample s)
    {
        json.WriteString("prompt", s.Prompt);
        json.WriteString("expected", s.Expected);
        if (s.Before is not null)
            json.WriteString("before", s.Before);
        json.WriteString("after", s.After);
        if (s.BeforeIsRight is { } was)
            json.WriteBoolean("before_right", was);
        if (s.AfterIsRight is { } now)
            json.WriteBoolean("after_right", now);
    }

    private static void Confusion(Utf8JsonWriter json, ConfusionPair c)
    {
        json.WriteString("metric", c.Name);
        Array(json, "labels", c.After.Labels, json.WriteStringValue);
        if (c.Before is { } before)
            Counts("before", before.Counts);
        Counts("after", c.After.Counts);

        void Counts(string name, IReadOnlyList<IReadOnlyList<int>> counts)
        {
            json.WriteStartArray(name);
            foreach (var row in counts)
            {
                json.WriteStartArray();
                foreach (var n in row)
                    json.WriteNumberValue(n);
                json.WriteEndArray();
            }
            json.WriteEndArray();
        }
    }

    private static void Memorisation(Utf8JsonWriter json, Memorisation m)
    {
        json.WriteStartObject("memorisation");
        json.WriteNumber("rows", m.Rows);
        json.WriteNumber("verbatim", m.Verbatim);
        json.WriteNumber("unseen_rows", m.UnseenRows);
        json.WriteNumber("unseen_verbatim", m.UnseenVerbatim);
        JsonText.Number(json, "excess", m.Excess);
        JsonText.Number(json, "low", m.Interval.Low);
        JsonText.Number(json, "high", m.Interval.High);
        JsonText.Number(json, "run", m.Run);
        JsonText.Number(json, "unseen_run", m.UnseenRun);
        Array(json, "found", m.Found, r =>
        {
            Strings(json, ("file", r.File), ("given", r.Context), ("written", r.Text));
            json.WriteNumber("row", r.Row);
            json.WriteNumber("times", r.Times);
            json.WriteNumber("own_tokens", r.OwnTokens);
        });
        json.WriteEndObject();
    }

    private static void Parity(Utf8JsonWriter json, ParityLine p)
    {
        json.WriteString("form", p.Form);
        json.WriteNumber("prompts", p.Prompts);
        json.WriteNumber("same_ids", p.SameIds);
        JsonText.Number(json, "difference", p.Difference);
        JsonText.Number(json, "allowed", p.Allowed);
        json.WriteBoolean("same_prompt_ids", p.SamePrompts);
        JsonText.Number(json, "divergence", p.Divergence);
        if (p.Loss is { } loss)
            JsonText.Number(json, "loss", loss);
        json.WriteBoolean("holds", p.Holds);
        if (p.Failed is { } why)
            json.WriteString("failed", why);
    }

    /// <summary>A property of its own, into an object that is open.</summary>
    public static void Requantised(Utf8JsonWriter json, RequantisedLosses losses)
    {
        json.WriteStartObject("requantised");
        json.WriteString("base", losses.Base);
        json.WriteNumber("rows", losses.Rows);
        JsonText.Number(json, "stored_untuned", losses.StoredUntuned);
        JsonText.Number(json, "untuned", losses.Untuned);
        JsonText.Number(json, "tuned", losses.Tuned);
        Array(json, "forms", losses.Forms, f =>
        {
            json.WriteString("form", f.Form);
            JsonText.Number(json, "loss", f.Loss ?? double.NaN);
        });
        json.WriteEndObject();
    }

    private static void Array(Utf8JsonWriter json, string name, IReadOnlyList<string> items, Action<string> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
            write(item);
        json.WriteEndArray();
    }

    // Of objects; nothing is written where there are none.
    private static void Array<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> items, Action<T> write)
    {
        if (items.Count == 0)
            return;
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(item);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Strings(Utf8JsonWriter json, params ReadOnlySpan<(string Name, string Value)> pairs)
    {
        foreach (var (name, value) in pairs)
            json.WriteString(name, value);
    }
}
