using Attune.Data;
using Attune.Formats;
using Attune.Hardware;
using Attune.Problems;
using Attune.Reports;
using Attune.Text;

namespace Attune.Runs.Export;

/// <summary>What is to be written, and what it is tried on.</summary>
public sealed record ExportOptions
{
    /// <summary>The forms, by name.</summary>
    public required IReadOnlyList<ExportFormat> Formats { get; init; }

    /// <summary>The folder that everything is written into; where <see cref="Path"/> is null.</summary>
    public string Folder { get; init; } = ".";

    /// <summary>Where the one form is written; null for a name of its own in <see cref="Folder"/>.</summary>
    public string? Path { get; init; }

    /// <summary>What the files are named after; null for the model's name.</summary>
    public string? Name { get; init; }

    /// <summary>What model and forms are asked.</summary>
    public IReadOnlyList<ParityPrompt> Prompts { get; init; } = ParityPrompt.Default;

    /// <summary>Rows whose loss is compared too; may be none.</summary>
    public IReadOnlyList<Example> Rows { get; init; } = [];

    /// <summary>Whether a form that cannot be written or compared is a line of the result that does not hold, and the others are written: what was trained for hours must not be lost for it.</summary>
    public bool KeepsGoing { get; init; }
}

/// <summary>A form that was written.</summary>
/// <param name="Format">Its name.</param>
/// <param name="Path">File or folder.</param>
/// <param name="Bytes">Bytes of it.</param>
/// <param name="Parity">How near it came.</param>
public sealed record ExportedForm(string Format, string Path, long Bytes, ParityLine Parity);

/// <summary>What was written.</summary>
/// <param name="Forms">In the order asked for.</param>
/// <param name="Loss">Mean loss of the model itself on the rows; null where there are none.</param>
public sealed record ExportResult(IReadOnlyList<ExportedForm> Forms, double? Loss)
{
    /// <summary>What it costs to leave the quantised base that the adapter was tuned on; null where there is none, or no rows.</summary>
    public RequantisedLosses? Requantised { get; init; }

    /// <summary>Whether every form came near enough.</summary>
    public bool Holds => Forms.All(static f => f.Parity.Holds);
}

/// <summary>Writes a model in other forms, loads each again, and holds it against the model.</summary>
public static class ExportRun
{
    /// <summary>Writes and compares.</summary>
    /// <param name="model">The model, with its adapter if it has one.</param>
    /// <param name="options">What, where, and on what it is tried.</param>
    /// <param name="notice">Gets what is worth seeing.</param>
    /// <param name="cancel">Looked at often.</param>
    /// <exception cref="UserErrorException">A form cannot hold this model.</exception>
    public static ExportResult Execute(InferenceModel model, ExportOptions options, Action<RunNotice> notice, CancellationToken cancel = default)
    {
        if (options.Path is not null && options.Formats.Count != 1)
            throw new UserErrorException("--out", $"names one place for {options.Formats.Count} forms", "give --out-dir, or one form at a time");
        foreach (var format in options.Formats)
            format.Require(model.Context, model.Adapters?.Options.Kind);
        ParityCheck? check = null;
        var forms = new List<ExportedForm>();
        foreach (var format in options.Formats)
        {
            cancel.ThrowIfCancellationRequested();
            var path = options.Path ?? Path.Combine(options.Folder, format.FileName(options.Name ?? NameOf(model)));
            try
            {
                check ??= new ParityCheck(model, options.Prompts, options.Rows, cancel);
                RefuseOwnSource(model, path);
                notice(new NoticeText($"writing {path}"));
                format.Write(model, path);
                using var form = format.Open(model, path);
                forms.Add(new ExportedForm(format.Name, path, BytesOf(path), check.Compare(format.Name, form, format.Bound(model), cancel)));
            }
            catch (Exception e) when (options.KeepsGoing && e is not OperationCanceledException)
            {
                notice(new NoticeText($"  {format.Name} is not exported: {e.Message}"));
                forms.Add(new ExportedForm(format.Name, path, 0, ParityLine.Not(format.Name, e.Message)));
            }
        }
        return new ExportResult(forms, check?.Loss);
    }

    /// <summary>The same, and what leaving a quantised base costs in loss, where there is one and rows are given.</summary>
    /// <inheritdoc cref="Execute"/>
    public static ExportResult WithCost(InferenceModel model, ExportOptions options, Action<RunNotice> notice, CancellationToken cancel = default) =>
        Execute(model, options, notice, cancel) with { Requantised = RequantisingCost.Measure(model, options.Rows, Machine.Inspect().FreeMemory, cancel) };

    /// <summary>Rows as prompts and as something whose loss can be compared.</summary>
    /// <param name="model">The model that will read them.</param>
    /// <param name="data">Files of rows.</param>
    /// <param name="columns">Field of a row's shape → column of the file, where they differ.</param>
    /// <param name="cancel">Looked at often.</param>
    /// <exception cref="UserErrorException">The rows are wrong.</exception>
    public static (IReadOnlyList<ParityPrompt> Prompts, IReadOnlyList<Example> Rows) ReadRows(
        InferenceModel model, IReadOnlyList<DataSource> data, IReadOnlyDictionary<string, string> columns, CancellationToken cancel)
    {
        var (context, positions) = (model.Context, model.Decoder.Spec.MaxPositions);
        var set = DataSet.Load(data, context.Tokenizer, context.Template, new DataOptions { MaxLength = positions, EosIds = [.. context.EndIds], Columns = columns }, cancel);
        return (PromptsOf(set.Examples, context.Tokenizer), set.Examples);
    }

    /// <summary>The beginnings of five examples, spread over all: up to the answer, or the first half of running text.</summary>
    public static IReadOnlyList<ParityPrompt> PromptsOf(IReadOnlyList<Example> examples, Tokenizer tokenizer)
    {
        const int wanted = 5;
        var count = Math.Min(wanted, examples.Count);
        return [.. Enumerable.Range(0, count).Select(i => Beginning(examples[(int)((long)i * examples.Count / count)], tokenizer))];
    }

    private static ParityPrompt Beginning(Example example, Tokenizer tokenizer)
    {
        var answer = Array.FindIndex(example.Trained, 1, static t => t);
        var length = answer > 1 ? answer : Math.Max(1, example.Ids.Length / 2);
        return new ParityPrompt(tokenizer.Decode(example.Ids.AsSpan(0, length), skipSpecialTokens: false), false);
    }

    // The weights are mapped from the source while the target is written.
    private static void RefuseOwnSource(InferenceModel model, string path)
    {
        var target = Path.GetFullPath(path);
        foreach (var source in new[] { model.Context.Folder.Path, model.Context.AdapterPath }.OfType<string>())
        {
            if (Path.GetFullPath(source) == target)
                throw new UserErrorException(path, "is what is read from", "write to another place");
        }
    }

    private static string NameOf(InferenceModel model) =>
        FileStem.Of(Path.GetFullPath(model.Context.Folder.Path)) + (model.Adapters is null ? "" : "-tuned");

    private static long BytesOf(string path) => Directory.Exists(path)
        ? new DirectoryInfo(path).EnumerateFiles().Sum(static f => f.Length)
        : new FileInfo(path).Length;
}
