using System.Globalization;
using System.Security.Cryptography;
using Attune.Data;
using Attune.Evaluation.Facts;
using Attune.Evaluation.Metrics;
using Attune.Hardware;
using Attune.Models;
using Attune.Problems;
using Attune.Text;

namespace Attune.Runs;

/// <summary>How it is found out what a model knows.</summary>
public sealed record KnownOptions
{
    /// <summary>Files of rows.</summary>
    public required IReadOnlyList<DataSource> Data { get; init; }

    /// <summary>Field of a row's shape → column of the file, where they differ.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>();

    /// <summary>The file that is written; where it exists, the run goes on behind its last row.</summary>
    public required string Out { get; init; }

    /// <summary>Rows that every prompt shows with their answers.</summary>
    public int Shots { get; init; } = 4;

    /// <summary>Prompts for each row, each with other rows in front; null for what the machine does in about ten minutes, at most the paper's 10.</summary>
    public int? Prompts { get; init; }

    /// <summary>Sampled answers for each prompt; null as above, at most the paper's 16.</summary>
    public int? Samples { get; init; }

    /// <summary>The metric that calls an answer right.</summary>
    public string Match { get; init; } = "exact:squad";

    /// <summary>Seed of prompts and samples.</summary>
    public long Seed { get; init; } = 1;
}

/// <summary>What was found out.</summary>
/// <param name="Counts">Rows by category.</param>
/// <param name="Prompts">Prompts for each row.</param>
/// <param name="Samples">Sampled answers for each prompt.</param>
/// <param name="Resumed">Rows that the file held already.</param>
public sealed record KnownResult(KnownCounts Counts, int Prompts, int Samples, int Resumed);

/// <summary>
/// Finds out which answers of a data set a model knows before it is tuned on them: SliCK (Gekhman et al. 2024), with greedy answers and
/// samples at T = 0.5 of the 40 likeliest tokens. Samples are drawn only where no greedy answer is right: elsewhere they change no category.
/// </summary>
public static class KnownRun
{
    private const float Temperature = 0.5f;
    private const int TopK = 40;

    // The paper's, and what is left of it where that would take too long.
    private static readonly (int Prompts, int Samples)[] Sizes = [(10, 16), (8, 8), (6, 6), (4, 4), (3, 2), (2, 1)];

    /// <summary>Arithmetic that is thought to be worth it: ten minutes of 10 GFLOP/s on every core.</summary>
    private const double OperationsPerCore = 600 * 1e10;

    /// <summary>Asks every row, and writes its category down before the next.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">How.</param>
    /// <param name="notice">Gets what is worth seeing.</param>
    /// <param name="cancel">Looked at often; what is written stays, and the next run goes on behind it.</param>
    /// <exception cref="UserErrorException">Rows or options are wrong, or the file is of others.</exception>
    public static KnownResult Execute(InferenceModel model, KnownOptions options, Action<RunNotice> notice, CancellationToken cancel = default)
    {
        var metric = MetricTable.ParseAll([options.Match])[0];
        var rows = FactRow.Read(options.Data, model.Context.Tokenizer, model.Context.Template, new DataOptions
        {
            MaxLength = model.Decoder.Spec.MaxPositions,
            Columns = options.Columns,
            EosIds = [.. model.Context.EndIds],
        }, cancel);
        FactRow[] asked = [.. rows.Where(static r => r.Chat is not null)];
        if (asked.FirstOrDefault(r => metric.IsRight(r.Expected, r.Expected) is null) is not null)
            throw new UserErrorException("--match", $"{options.Match} calls no single answer right or wrong", "choose among exact, exact:squad, first-line, label, numeric and regex");
        var most = asked.Length == 0 ? 1 : asked.Max(r => model.Context.Tokenizer.Encode(r.Expected, addSpecialTokens: false).Ids.Length);
        most = Math.Min(most + most / 4 + 1, model.Decoder.Spec.MaxPositions / 2);
        var (prompts, samples) = Size(model, options, asked, most, notice);
        var settings = Settings(model, options, rows, prompts, samples);
        using var file = KnownFile.Append(options.Out, settings, out var done);
        Require(options.Out, done, rows);
        var written = done.Select(static r => r.Category).ToList();
        if (done.Count < rows.Count && asked.Length > 0)
        {
            var shown = new FewShotPrompts(model.Context, asked, options.Shots, prompts, options.Seed, model.Decoder.Spec.MaxPositions - most);
            var asker = new Asker(model, shown, metric, most, prompts, samples, options.Seed, FewShotPrompts.StopStrings(model.Context, asked));
            foreach (var row in rows.Skip(done.Count))
            {
                notice(new NoticeProgress("what is known", written.Count, rows.Count));
                var known = asker.Ask(row, cancel);
                file.Add(known);
                written.Add(known.Category);
            }
        }
        foreach (var row in asked.Length == 0 ? rows.Skip(done.Count) : [])
        {
            file.Add(new KnownRow(row.Example.File, row.Example.Row, row.Hash, Known.NotAsked, null, null));
            written.Add(Known.NotAsked);
        }
        return new KnownResult(KnownCounts.Of(written), prompts, samples, done.Count);
    }

    /// <summary>What a file must agree with to hold for a model.</summary>
    /// <param name="fingerprint">Of the model, and what was tuned on it.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    internal static IReadOnlyList<(string Name, string Value)> ModelSettings(string fingerprint, Tokenizer tokenizer) => [("model", fingerprint), ("tokenizer", tokenizer.Hash)];

    private static IReadOnlyList<(string Name, string Value)> Settings(InferenceModel model, KnownOptions options, IReadOnlyList<FactRow> rows, int prompts, int samples)
    {
        static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
        var hash = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', rows.Select(static r => r.Hash))));
        return
        [
            .. ModelSettings(model.Fingerprint(), model.Context.Tokenizer), ("rows", Text(rows.Count)), ("data", Convert.ToHexStringLower(hash.AsSpan(0, 16))),
            ("shots", Text(options.Shots)), ("prompts", Text(prompts)), ("samples", Text(samples)), ("match", options.Match), ("seed", Text(options.Seed)),
        ];
    }

    private static void Require(string path, IReadOnlyList<KnownRow> done, IReadOnlyList<FactRow> rows)
    {
        if (done.Count > rows.Count || done.Zip(rows, static (d, r) => d.Hash != r.Hash).Any(static other => other))
            throw new UserErrorException(path, "holds rows in another order than the data", "move it away, or give another --out");
    }

    private static (int Prompts, int Samples) Size(InferenceModel model, KnownOptions options, FactRow[] asked, int most, Action<RunNotice> notice)
    {
        var weights = model.Context.Folder.Parameters.Sum(static i => (double)i.Rows * i.Cols);
        var length = Math.Min(model.Decoder.Spec.MaxPositions, (options.Shots + 1) * (asked.Length == 0 ? 1 : asked.Average(static r => r.Example.Ids.Length)) + most);
        double Cost((int Prompts, int Samples) size) => 2 * weights * length * asked.Length * size.Prompts * (1.0 + size.Samples);
        var may = OperationsPerCore * Machine.Inspect().Cores;
        var fits = Sizes.FirstOrDefault(s => Cost(s) <= may, Sizes[^1]);
        var size = (options.Prompts ?? fits.Prompts, options.Samples ?? fits.Samples);
        if (options.Prompts is null || options.Samples is null)
        {
            notice(new NoticeChoice("prompts and samples", $"{size.Item1} and {size.Item2}", fits == Sizes[0] ? "the paper's, which this machine does in about ten minutes"
                : $"what this machine does in about ten minutes; the paper's {Sizes[0].Prompts} and {Sizes[0].Samples} are {Cost(Sizes[0]) / Cost(size):F0} times the work (--prompts, --samples)"));
        }
        return size;
    }

    /// <summary>Asks one row after the other.</summary>
    private sealed class Asker(
        InferenceModel model, FewShotPrompts shown, Metric metric, int most, int prompts, int samples, long seed, IReadOnlyList<string> stops)
    {
        public KnownRow Ask(FactRow row, CancellationToken cancel)
        {
            if (row.Chat is null)
                return new KnownRow(row.Example.File, row.Example.Row, row.Hash, Known.NotAsked, null, null);
            var asked = shown.Of(row);
            var greedy = Right(row, asked, new SamplingOptions(), cancel) / prompts;
            double? sampled = null;
            if (greedy == 0 && samples > 0)
            {
                // By the row's own hash, so that neither its place nor where a run began decides what is drawn.
                var own = long.Parse(row.Hash.AsSpan(0, 12), NumberStyles.HexNumber, CultureInfo.InvariantCulture) + (seed << 16);
                var again = asked.SelectMany(p => Enumerable.Repeat(p, samples)).ToArray();
                sampled = Right(row, again, new SamplingOptions { Temperature = Temperature, TopK = TopK, Seed = own }, cancel) / again.Length;
            }
            return new KnownRow(row.Example.File, row.Example.Row, row.Hash, KnownRow.Of(greedy, sampled ?? 0), greedy, sampled);
        }

        private double Right(FactRow row, int[][] asked, SamplingOptions sampling, CancellationToken cancel)
        {
            var options = new GenerationOptions { MaxNewTokens = most, StopIds = model.Context.StopIds, StopStrings = stops, Sampling = sampling };
            return model.Generate(asked, options, cancel: cancel).Count(a => metric.IsRight(row.Expected, a.Text) == true);
        }
    }
}
