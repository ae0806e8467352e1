using Attune.Data;
using Attune.Distillation;

namespace Attune.Runs;

/// <summary>An example of a student, and how its teacher reads the same row.</summary>
/// <param name="Student">The example.</param>
/// <param name="Teacher">The row in the teacher's tokens; null where it has none of it.</param>
/// <param name="Places">Of each trained token of the student the teacher's, or −1; null where both are the same.</param>
internal sealed record TeacherReading(Example Student, Example? Teacher, int[]? Places)
{
    /// <summary>The teacher reads what its student reads.</summary>
    public static IReadOnlyList<TeacherReading> Same(IReadOnlyList<Example> examples) => [.. examples.Select(static e => new TeacherReading(e, e, null))];

    /// <summary>Each row in both tokenizations.</summary>
    public static IReadOnlyList<TeacherReading> Pair(IReadOnlyList<Example> examples, ModelContext student, IReadOnlyList<Example> others, ModelContext teacher) =>
    [
        .. RowPairs.Of(examples, others).Select(p => new TeacherReading(p.First, p.Second, p.Second is null ? null : TokenAlignment.Of(p.First, student.Tokenizer, p.Second, teacher.Tokenizer))),
    ];
}

/// <summary>Examples whose teacher's sides are read in one pass.</summary>
/// <param name="Readings">The examples.</param>
internal sealed record TeacherBlock(IReadOnlyList<TeacherReading> Readings)
{
    /// <summary>What the teacher reads; null where it has nothing of these rows.</summary>
    public Batch? Batch { get; } = Of([.. Readings.Where(static r => r.Teacher is not null).Select(static r => r.Teacher!)]);

    /// <summary>Trained tokens of the student: rows that come of it.</summary>
    public int Rows { get; } = Readings.Sum(static r => r.Student.TrainedTokens);

    /// <summary>Examples in their order, as many together as a pass holds.</summary>
    /// <param name="readings">All of them.</param>
    /// <param name="widest">Positions of a pass, where no example is longer.</param>
    public static IReadOnlyList<TeacherBlock> All(IReadOnlyList<TeacherReading> readings, int widest)
    {
        var blocks = new List<TeacherBlock>();
        for (var first = 0; first < readings.Count;)
        {
            var (next, tokens) = (first, 0);
            while (next < readings.Count && (next == first || tokens + (readings[next].Teacher?.Positions ?? 0) <= widest))
                tokens += readings[next++].Teacher?.Positions ?? 0;
            blocks.Add(new TeacherBlock([.. readings.Skip(first).Take(next - first)]));
            first = next;
        }
        return blocks;
    }

    /// <summary>The student's rows of the teacher's: each copied to where its counterpart stands, the others as rows that say nothing.</summary>
    /// <param name="teacher">Rows of the teacher's trained tokens.</param>
    /// <param name="header">Of the file.</param>
    public byte[] Arrange(byte[] teacher, LogitsHeader header)
    {
        var rows = new byte[checked(Rows * header.RowBytes)];
        var (at, start) = (0, 0);
        foreach (var reading in Readings)
        {
            for (var i = 0; i < reading.Student.TrainedTokens; i++, at++)
            {
                var row = rows.AsSpan(at * header.RowBytes, header.RowBytes);
                if (reading.Teacher is not null && (reading.Places is null ? i : reading.Places[i]) is >= 0 and var place)
                    teacher.AsSpan((start + place) * header.RowBytes, header.RowBytes).CopyTo(row);
                else
                    TopTokens.EncodeNothing(row);
            }
            start += reading.Teacher?.TrainedTokens ?? 0;
        }
        return rows;
    }

    private static Batch? Of(Example[] examples) => examples.Length == 0 ? null : Data.Batch.Of(examples, [.. Enumerable.Range(0, examples.Length)]);
}
