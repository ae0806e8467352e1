using Attune.Data;
using Attune.Distillation;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;
using Attune.Objectives;
using Attune.Problems;

namespace Attune.Runs;

/// <summary>What a teacher's logits are written of.</summary>
public sealed record LogitsOptions
{
    /// <summary>Files of rows.</summary>
    public required IReadOnlyList<DataSource> Data { get; init; }

    /// <summary>Field of a row's shape → column of the file, where they differ.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>();

    /// <summary>Tokens that are kept of each row.</summary>
    public int Kept { get; init; } = 16;

    /// <summary>What logits are divided by; a student must learn at the same temperature.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>
    /// The student, where its tokens are others than the teacher's: rows are then of its tokens, and say how likely the likeliest tokens of the
    /// teacher are where both begin one, sorted. Null for a student with the teacher's tokens.
    /// </summary>
    public ModelContext? Student { get; init; }

    /// <summary>The file.</summary>
    public required string Output { get; init; }
}

/// <summary>Writes down once how likely a teacher finds every next token of a data set.</summary>
public static class LogitsRun
{
    // Rows of a pass, where no example is longer: also what a kill can lose.
    private const int WidestPass = 1024;

    /// <summary>Writes the file, or goes on with one that was stopped; one that is there and says the same is left as it is.</summary>
    /// <param name="model">The teacher. Its template writes the rows, which must be the student's too.</param>
    /// <param name="options">Of what.</param>
    /// <param name="report">Gets what the data turned out to be.</param>
    /// <param name="progress">Gets the tokens that are done, and how many there are.</param>
    /// <param name="cancel">Looked at between passes.</param>
    /// <exception cref="UserErrorException">The rows are wrong, or a file of something else is there already.</exception>
    public static LogitsHeader Execute(InferenceModel model, LogitsOptions options, Action<DataReport> report, Action<long, long> progress, CancellationToken cancel = default)
    {
        var context = model.Context;
        if (options.Kept > context.Tokenizer.VocabularySize)
            throw new UserErrorException("top-k", $"is {options.Kept}, and the tokenizer has {context.Tokenizer.VocabularySize} tokens", "give fewer; 16 is a good number");
        var data = Load(options.Student ?? context, options, cancel);
        report(data.Report);
        var index = LogitsIndex.Of(data.Examples);
        var readings = options.Student is { } student
            ? TeacherReading.Pair(index.Examples, student, Load(context, options, cancel).Examples, context)
            : TeacherReading.Same(index.Examples);
        var header = Header(model, options, index);
        if (File.Exists(options.Output))
            return Existing(options.Output, header);
        using (var writer = LogitsWriter.Open(options.Output, header, index))
        {
            Write(model, header, TeacherBlock.All(readings, WidestPass), writer, progress, cancel);
            writer.Finish();
        }
        return header;
    }

    private static DataSet Load(ModelContext reader, LogitsOptions options, CancellationToken cancel) => DataSet.Load(
        options.Data, reader.Tokenizer, reader.Template, new DataOptions { MaxLength = reader.Folder.Spec.MaxPositions, EosIds = [.. reader.EndIds], Columns = options.Columns }, cancel);

    private static LogitsHeader Header(InferenceModel model, LogitsOptions options, LogitsIndex index) => new()
    {
        Vocabulary = model.Context.Tokenizer.VocabularySize,
        Sorted = options.Student is not null,
        Kept = options.Kept,
        Temperature = (float)options.Temperature,
        Examples = index.Examples.Count,
        Rows = index.Rows,
        Tokenizer = (options.Student ?? model.Context).Tokenizer.Hash,
        Template = RunLogits.TemplateHash(options.Student ?? model.Context),
        Teacher = model.Fingerprint(),
        Data = index.Hash,
        Name = model.Context.Name,
    };

    private static LogitsHeader Existing(string path, LogitsHeader header)
    {
        using var file = LogitsFile.Open(path);
        return file.Header == header ? header : throw new UserErrorException(path, "exists already, and is of another teacher, other rows or other settings", "choose another --out, or move it away");
    }

    private static void Write(InferenceModel model, LogitsHeader header, IReadOnlyList<TeacherBlock> blocks, LogitsWriter writer, Action<long, long> progress, CancellationToken cancel)
    {
        var passRows = blocks.Max(static b => b.Batch?.Tokens ?? 1);
        var (skipped, before) = (0, 0L);
        while (skipped < blocks.Count && before + blocks[skipped].Rows <= writer.Rows)
            before += blocks[skipped++].Rows;
        writer.CutTo(before);
        progress(writer.Rows, header.Rows);
        using var arena = model.Reserve(Plan(model, passRows));
        foreach (var block in blocks.Skip(skipped))
        {
            cancel.ThrowIfCancellationRequested();
            writer.Append(block.Arrange(Read(model, header, block.Batch, passRows, arena), header));
            progress(writer.Rows, header.Rows);
        }
    }

    // Rows of all trained tokens of a batch of the teacher's.
    private static byte[] Read(InferenceModel model, LogitsHeader header, Batch? batch, int passRows, Arena arena)
    {
        if (batch is null)
            return [];
        var (rows, top) = (new byte[checked(batch.TrainedTokens * header.RowBytes)], new TopTokens(header));
        using var tape = new Tape(model.Backend, arena, record: false);
        Run(tape, model, new PassInput(batch, passRows), (row, logits) => top.Encode(logits[..header.Vocabulary], rows.AsSpan(row * header.RowBytes, header.RowBytes)));
        return rows;
    }

    private static long Plan(InferenceModel model, int passRows)
    {
        using var arena = Arena.Pretended();
        var dry = new DryRunBackend(model.Backend);
        foreach (var count in PassRows.All(passRows))
        {
            using var tape = new Tape(dry, arena, record: false);
            Run(tape, model, new PassInput(Batch.Full(count), count), null);
        }
        return arena.Peak;
    }

    private delegate void OnRow(int row, ReadOnlySpan<float> logits);

    // The logits of the trained rows, a chunk at a time: [T, V] never exists.
    private static void Run(Tape t, InferenceModel model, PassInput input, OnRow? onRow)
    {
        var hidden = model.Decoder.Hidden(t, input.Pass with { Adapters = model.Adapters }, input.Ids);
        for (var from = 0; from < input.TrainedRows.Length; from += NextToken.ChunkRows)
        {
            var first = from;
            t.Section = "head";
            t.Segment([hidden], Keep.Saved, (tape, inputs) =>
            {
                var chosen = tape.Run(new GatherRows(inputs[0], tape.Integers(input.TrainedRows.AsSpan(first, Math.Min(NextToken.ChunkRows, input.TrainedRows.Length - first)))));
                var logits = tape.Run(new MatMul(chosen, model.Decoder.Head)).Value;
                for (var row = 0; onRow is not null && row < logits.Rows; row++)
                    onRow(first + row, logits.Row<float>(row));
                return [];
            });
        }
    }
}
