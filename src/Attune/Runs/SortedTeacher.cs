using System.Globalization;
using Attune.Data;
using Attune.Distillation;
using Attune.Engine.Autograd;
using Attune.Objectives;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Training;

namespace Attune.Runs;

/// <summary>
/// Learning from a teacher in memory that has another tokenizer: it reads the rows of each pass in its own tokens, and of those that begin
/// where one of the student's does its largest probabilities are kept, sorted: see <see cref="SortedLoss"/> for the formula.
/// </summary>
/// <remarks>The same rows to the byte that <see cref="LogitsRun"/> writes, made before the student's pass and dropped behind it.</remarks>
internal sealed class SortedTeacher : ITokenObjective
{
    /// <summary>Probabilities that are kept of each row.</summary>
    public const int Kept = 16;

    // Rows of a pass of the teacher's, where no example is longer. All of them have as many, so that one plan holds for each.
    private const int UsualPass = 512;

    private readonly Dictionary<Example, TeacherReading> readings;
    private readonly Teacher teacher;
    private readonly LogitsHeader header;
    private readonly ITokenObjective labels;
    private readonly double labelWeight;
    private readonly int passRows;

    /// <summary>A teacher of these examples.</summary>
    /// <param name="teacher">The model; its logits are those of its own tokens.</param>
    /// <param name="header">How rows are made.</param>
    /// <param name="readings">Every example that is trained on, in both tokenizations.</param>
    /// <param name="labels">What learns from the labels.</param>
    /// <param name="labelWeight">λ from 0 to 1: the weight of the labels; the teacher's is 1 − λ.</param>
    public SortedTeacher(Teacher teacher, LogitsHeader header, IReadOnlyList<TeacherReading> readings, ITokenObjective labels, double labelWeight)
    {
        (this.teacher, this.header, this.labels, this.labelWeight) = (teacher, header, labels, labelWeight);
        this.readings = new(ReferenceEqualityComparer.Instance);
        foreach (var reading in readings)
            this.readings.TryAdd(reading.Student, reading);
        passRows = Math.Max(UsualPass, readings.Max(static r => r.Teacher?.Positions ?? 0));
        Tokens = readings.Sum(static r => (long)r.Student.TrainedTokens);
        Aligned = readings.Sum(static r => r.Places?.LongCount(static p => p >= 0) ?? 0);
    }

    /// <summary>Trained tokens, and those of them that begin where one of the teacher's does.</summary>
    public long Tokens { get; }

    /// <inheritdoc cref="Tokens" />
    public long Aligned { get; }

    /// <inheritdoc />
    public long Bytes => teacher.Bytes;

    /// <summary>For a run: the rows are read once more, by the teacher's tokenizer and in its template's words.</summary>
    /// <exception cref="UserErrorException">No token of the one begins where one of the other does.</exception>
    public static SortedTeacher Of(Recipe recipe, ModelContext student, FrozenModel teacher, RunData data, ITokenObjective labels)
    {
        var (own, vocabulary) = (teacher.Context, teacher.Context.Tokenizer.VocabularySize);
        var options = new DataOptions { MaxLength = own.Folder.Spec.MaxPositions, Shape = recipe.Data.Format, Columns = recipe.Data.Columns, EosIds = [.. own.EndIds] };
        var others = DataSet.Load(recipe.Data.Train, own.Tokenizer, own.Template, options).Examples;
        var header = new LogitsHeader
        {
            Vocabulary = vocabulary,
            Sorted = true,
            Kept = Math.Min(Kept, vocabulary),
            Temperature = (float)recipe.Objective.Temperature,
            Examples = data.Train.Count,
            Rows = data.Train.Sum(static e => (long)e.TrainedTokens),
            Tokenizer = student.Tokenizer.Hash,
            Template = RunLogits.TemplateHash(student),
            Teacher = "",
            Data = "",
            Name = own.Name,
        };
        var made = new SortedTeacher(teacher.AsTeacher(), header, TeacherReading.Pair(data.Train, student, others, own), labels, recipe.Objective.LabelWeight);
        return made.Aligned > 0 ? made : throw new UserErrorException(
            "objective.teacher", $"no trained token of the rows begins where one of {own.Folder.Path} does: there is nothing to learn from it", "look at the rows in both models' words: attune tokenize");
    }

    /// <summary>How much of the rows the teacher can speak of, as a sentence.</summary>
    public string Says => string.Create(
        CultureInfo.InvariantCulture,
        $"{Numbers.Percent((double)Aligned / Math.Max(1, Tokens))} of the trained tokens begin where one of the teacher's does; the others learn from their labels alone");

    /// <inheritdoc />
    public PassLoss For(Tape t, PassInput input)
    {
        var own = labels.For(t, input).Tokens;
        // With the labels alone the teacher need not read anything.
        if (labelWeight == 1)
            return new(own);
        if (t.Arena.IsPretend)
            Read(t, new PassInput(Batch.Full(passRows), passRows), null);
        var rows = t.Arena.IsPretend ? [] : TeacherBlock.All([.. input.Batch.Examples.Select(ReadingOf)], passRows).SelectMany(b => b.Arrange(Read(t, b.Batch), header)).ToArray();
        return new(new SortedLoss(own, new SortedRows(header, rows), [.. Enumerable.Range(0, input.TrainedRows.Length).Select(static i => (long)i)], (float)labelWeight));
    }

    // A pass that is only timed brings examples of nobody's, which the teacher reads as they are.
    private TeacherReading ReadingOf(Example example) => example.Row == 0 ? new TeacherReading(example, example, null) : readings[example];

    private byte[] Read(Tape t, Batch? batch)
    {
        if (batch is null)
            return [];
        var (rows, top) = (new byte[checked(batch.TrainedTokens * header.RowBytes)], new TopTokens(header));
        Read(t, new PassInput(Filled(batch), passRows), (row, logits) => top.Encode(logits, rows.AsSpan(row * header.RowBytes, header.RowBytes)));
        return rows;
    }

    // With one more sequence, of which nothing is trained, to the rows that every pass has.
    private Batch Filled(Batch batch) => batch.Tokens == passRows ? batch : Batch.Of(
        [.. batch.Examples, new Example(new int[passRows - batch.Tokens + 1], new bool[passRows - batch.Tokens + 1], "", 0, 0)], [.. Enumerable.Range(0, batch.Examples.Count + 1)]);

    private delegate void OnRow(int row, ReadOnlySpan<float> logits);

    // The logits of the trained rows, a chunk at a time: [T, V] never exists.
    private void Read(Tape t, PassInput input, OnRow? onRow)
    {
        using var own = new Tape(t.Backend, t.Arena, record: false);
        var logits = teacher.Logits(own, input);
        var chunk = Math.Min(NextToken.ChunkRows, passRows);
        using var memory = own.Scratch(chunk, header.Vocabulary);
        for (var first = 0; first < input.TrainedRows.Length; first += chunk)
        {
            var part = memory.Value.RowRange(0, Math.Min(chunk, input.TrainedRows.Length - first));
            logits.Fill(own, first, chunk, part);
            for (var row = 0; onRow is not null && row < part.Rows; row++)
                onRow(first + row, part.Row<float>(row));
        }
    }
}
