using Attune.Problems;
using Attune.Text;

namespace Attune.Data;

/// <summary>A data set that is read, checked and tokenized.</summary>
public sealed class DataSet
{
    private DataSet(IReadOnlyList<Example> examples, DataReport report, IReadOnlyList<int> stopIds, IReadOnlyList<Preview> previews) =>
        (Examples, Report, StopIds, Previews) = (examples, report, stopIds, previews);

    /// <summary>The examples, in the order of the files.</summary>
    public IReadOnlyList<Example> Examples { get; }

    /// <summary>What was detected and done.</summary>
    public DataReport Report { get; }

    /// <summary>The ids that end a generation, ascending: the model's end ids and the end-of-turn tokens of the template.</summary>
    public IReadOnlyList<int> StopIds { get; }

    /// <summary>Three examples (first, middle, last) with the learned parts marked.</summary>
    public IReadOnlyList<Preview> Previews { get; }

    /// <summary>Reads files. Throws one <see cref="UserErrorException"/> with all problems of all rows.</summary>
    /// <param name="sources">One file or more; each may have its own format, shape and columns.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="template">The chat template that rules, or null if there is none.</param>
    /// <param name="options">How to read.</param>
    /// <param name="cancel">Honoured between rows.</param>
    public static DataSet Load(IReadOnlyList<DataSource> sources, Tokenizer tokenizer, ChatTemplate? template, DataOptions options, CancellationToken cancel = default)
    {
        var problems = new ProblemList();
        var builder = new ExampleBuilder(tokenizer, template, options);
        var examples = new List<Example>();
        var files = new List<FileReport>();
        var warnings = new List<string>();
        foreach (var (source, name) in sources.Zip(SourceNames.Of(sources)))
        {
            var reader = ConversationReader.Open(source.Path, Of(source, options), problems, name);
            var before = examples.Count;
            foreach (var chat in reader.Read())
            {
                cancel.ThrowIfCancellationRequested();
                var built = builder.Build(chat, problems);
                examples.AddRange(source.Weight == 1 ? built : built.Select(e => e with { Weight = source.Weight }));
            }
            files.Add(reader.Report with { Weight = source.Weight, Examples = examples.Count - before });
            warnings.AddRange(reader.Warnings());
        }
        var lengths = new LengthHistogram(builder.Counts.Lengths);
        if (examples.Count == 0 && builder.Counts.TooLong > 0) throw AllTooLong(sources, lengths, options.MaxLength);
        problems.ThrowIfAny();
        if (template is not null && template.Source.Contains("strftime_now", StringComparison.Ordinal))
            warnings.Add($"the template writes the date: for the sake of repeatable runs it is always {ChatSpans.Day:yyyy-MM-dd} in training");
        var report = new DataReport
        {
            Files = files,
            Examples = examples.Count,
            DroppedTooLong = builder.Counts.TooLong,
            Shortened = builder.Counts.Shortened,
            Warnings = [.. warnings, .. builder.Sentences()],
            Lengths = lengths,
            MaxLength = options.MaxLength,
            Tokens = examples.Sum(e => (long)e.Ids.Length),
            TrainedTokens = examples.Sum(e => (long)e.TrainedTokens),
        };
        int[] shown = [.. new[] { 0, examples.Count / 2, examples.Count - 1 }.Distinct()];
        return new DataSet(examples, report, [.. builder.StopIds], [.. shown.Select(i => Preview.Of(examples[i], tokenizer))]);
    }

    /// <summary>The options that hold for a file.</summary>
    internal static DataOptions Of(DataSource source, DataOptions options) => options with
    {
        Shape = source.Format ?? options.Shape,
        Columns = source.Columns.Count > 0 ? source.Columns : options.Columns,
    };

    private static UserErrorException AllTooLong(IReadOnlyList<DataSource> sources, LengthHistogram lengths, int most) => new(
        string.Join(", ", sources.Select(s => s.Path)), $"every row is longer than the maximum of {most} tokens, so nothing is left to train on:\n{lengths.Render(most)}",
        $"raise data.max_length (half of the rows have at most {lengths.Percentile(0.5)} tokens, all at most {lengths.Longest}), or shorten the rows");
}
