using System.Text.Json;

namespace Attune.Bench;

/// <summary>A report as one JSON object. Seconds, bytes, operations and tokens a second; fractions from 0 to 1.</summary>
public static class BenchJson
{
    /// <summary>Writes it.</summary>
    public static void Write(Utf8JsonWriter json, BenchReport report)
    {
        json.WriteStartObject();
        json.WriteString("model", report.Model);
        json.WriteNumber("threads", report.Options.Threads);
        json.WriteNumber("simd_bits", report.LaneBits);
        json.WriteString("system", report.Machine.System);
        json.WriteString("runtime", report.Machine.Runtime);
        json.WriteBoolean("stopped", report.Stopped);
        if (report.Ceilings is { } c)
            Write(json, c, report.PeakAfter);
        Rows(json, "kernels", report.Kernels, row => Write(json, row, report.Ceilings!));
        Rows(json, "steps", report.Steps, row => Write(json, row, report.Ceilings!));
        Rows(json, "generation", report.Generation, row => Write(json, row, report.Ceilings!));
        Rows(json, "tiles", report.Tiles, row => Write(json, row, report.Options.Tiles!.Value));
        json.WriteStartArray("notices");
        foreach (var notice in BenchNotices.Of(report))
            json.WriteStringValue(notice);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Rows<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> rows, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var row in rows)
        {
            json.WriteStartObject();
            write(row);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, Ceilings c, Ceiling? after)
    {
        json.WriteStartObject("ceilings");
        One("peak_one_thread", c.PeakOne);
        One("peak", c.Peak);
        if (c.PeakBF16 is { } pairs)
            One("peak_bf16", pairs);
        if (after is not null)
            One("peak_at_the_end", after);
        One("read", c.Read);
        One("copy", c.Copy);
        One("copy_past_cache", c.CopyPastCache);
        json.WriteEndObject();

        void One(string name, Ceiling ceiling)
        {
            json.WriteStartObject(name);
            json.WriteNumber("per_s", Math.Round(ceiling.Rate));
            Write(json, "time", ceiling.Time);
            json.WriteEndObject();
        }
    }

    private static void Write(Utf8JsonWriter json, KernelRow row, Ceilings c)
    {
        json.WriteString("group", row.Case.Group);
        json.WriteString("name", row.Case.Name);
        json.WriteString("kernel", row.Key.Kernel);
        json.WriteString("shape", row.Key.Shape);
        json.WriteString("products", $"{row.Products}");
        Write(json, "time", row.Time);
        json.WriteNumber("flop_per_s", Math.Round(row.Work.Operations / row.Time.Median));
        json.WriteNumber("bytes_per_s", Math.Round(row.Work.Bytes / row.Time.Median));
        json.WriteString("bound", c.IsArithmetic(row.Key.Kernel, row.Work, row.Products) ? "arithmetic" : "memory");
        Fraction(json, "of_ceiling", row.OfCeiling(c));
        if (row.SpeedUp is { } times)
            json.WriteNumber("speed_up", Math.Round(times, 3));
    }

    private static void Write(Utf8JsonWriter json, StepResult row, Ceilings c)
    {
        json.WriteString("mode", row.Case.Mode);
        json.WriteString("products", $"{row.Products}");
        json.WriteString("rows", row.Case.Text);
        Write(json, "time", row.Time);
        json.WriteNumber("tokens_per_s", Math.Round(row.TokensPerSecond, 1));
        json.WriteNumber("trained_tokens_per_s", Math.Round(row.TrainedPerSecond, 1));
        json.WriteNumber("flop_per_s", Math.Round(row.OperationsPerSecond));
        Fraction(json, "of_peak", row.OperationsPerSecond / c.PeakOf(row.Products));
        if (row.SpeedUp is { } times)
            json.WriteNumber("speed_up", Math.Round(times, 3));
        json.WriteNumber("loss", row.Loss);
        json.WriteNumber("planned_bytes", row.Plan.Total);
        json.WriteNumber("peak_resident_bytes", row.PeakResident);
        Rows(json, "profile", ProfileRow.Of(row.Profile), line =>
        {
            json.WriteString("kernel", line.Key.Kernel);
            json.WriteString("shape", line.Key.Shape);
            json.WriteNumber("calls", line.Total.Calls);
            json.WriteNumber("seconds", Math.Round(line.Total.Seconds, 6));
            Fraction(json, "share", line.Share);
            Fraction(json, "of_ceiling", c.Bound(line.Key.Kernel, line.Total.Work, row.Products) / line.Total.Seconds);
        });
    }

    private static void Write(Utf8JsonWriter json, GenerationResult row, Ceilings c)
    {
        json.WriteString("weights", row.Format);
        json.WriteNumber("weight_bytes", row.WeightBytes);
        json.WriteNumber("prompt", row.Prompt);
        json.WriteNumber("prefill_tokens_per_s", Math.Round(row.PrefillPerSecond, 1));
        json.WriteNumber("decode_tokens_per_s", Math.Round(row.DecodePerSecond, 1));
        Fraction(json, "decode_of_read", row.WeightBytes / c.Read.Rate / row.Decode.Median);
        Write(json, "prefill", row.Prefill);
        Write(json, "decode", row.Decode);
    }

    private static void Write(Utf8JsonWriter json, TileRow row, int threads)
    {
        json.WriteString("kernel", row.Key.Kernel);
        json.WriteString("shape", row.Key.Shape);
        json.WriteNumber("calls", row.Calls);
        json.WriteNumber("tiles", row.Tiles);
        Fraction(json, "share", row.Share);
        json.WriteBoolean("feeds", row.Tiles >= threads);
    }

    private static void Write(Utf8JsonWriter json, string name, Timing time)
    {
        json.WriteStartObject(name);
        json.WriteNumber("median", Rounded(time.Median));
        json.WriteNumber("min", Rounded(time.Least));
        json.WriteNumber("max", Rounded(time.Most));
        json.WriteNumber("repeats", time.Repeats);
        json.WriteEndObject();
    }

    private static void Fraction(Utf8JsonWriter json, string name, double value) => json.WriteNumber(name, Math.Round(value, 4));

    // To the nanosecond: what lies below says nothing.
    private static double Rounded(double seconds) => Math.Round(seconds, 9);
}
