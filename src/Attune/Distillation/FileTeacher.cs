using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;
using Attune.Objectives;
using Attune.Problems;

namespace Attune.Distillation;

/// <summary>A teacher that said once what it had to say: its rows are read from a file by the examples of a pass.</summary>
/// <remarks>
/// Of each row K tokens are known, with log-probability l, and the probability r of all others. The others get the student's own
/// proportions: their logits z stay as they are, and a known token gets T · (l − ln r + S), S = ln Σ over the others of e^(z/T). Through
/// softmax(·/T) these are e^l and, together, r, so that a divergence and its gradient are those of K + 1 outcomes
/// (<see cref="ITeacherRows"/>).
/// </remarks>
public sealed class FileTeacher : ITeacher
{
    private readonly LogitsFile file;
    private readonly ExampleRows places;

    /// <summary>A teacher of these examples.</summary>
    /// <param name="file">The file; stays the caller's.</param>
    /// <param name="path">What errors call it.</param>
    /// <param name="examples">What is trained on.</param>
    /// <exception cref="UserErrorException">The file does not know all of them.</exception>
    public FileTeacher(LogitsFile file, string path, IReadOnlyList<Example> examples) => (this.file, places) = (file, new ExampleRows(file, path, examples));

    /// <inheritdoc />
    public long Bytes => file.Header.FileBytes;

    /// <inheritdoc />
    public ITeacherRows For(Tape t, PassInput input) => new Rows(file, t.Arena.IsPretend ? [] : places.Of(input));

    private sealed class Rows(LogitsFile file, long[] rows) : ITeacherRows
    {
        // Among logits this is nothing: e to it is 0.
        private const float None = -1e30f;

        private readonly LogitsHeader header = file.Header;
        private readonly byte[] buffer = new byte[file.Header.RowBytes];

        public int Vocabulary => header.Vocabulary;

        public void Fill(Tape t, LossRows student, Tensor filled)
        {
            var (count, kept) = (filled.Rows, header.Kept);
            var (ids, logs, rest) = (new int[count * kept], new float[count * kept], new float[count]);
            if (!t.Arena.IsPretend)
            {
                for (var i = 0; i < count; i++)
                    rest[i] = file.Read(rows[student.First + i], buffer, ids.AsSpan(i * kept, kept), logs.AsSpan(i * kept, kept));
            }
            if (kept < Vocabulary)
                Rest(t, student, filled, ids, rest);
            if (t.Arena.IsPretend)
                return;
            for (var i = 0; i < count; i++)
            {
                var row = filled.Row<float>(i);
                for (var j = i * kept; j < (i + 1) * kept; j++)
                    row[ids[j]] = header.Temperature * (logs[j] + rest[i]);
            }
        }

        // The student's logits, and in place of the rest's probability what known log-probabilities are to be raised by: S − ln r.
        private void Rest(Tape t, LossRows student, Tensor filled, int[] ids, float[] rest)
        {
            var own = student.Logits.ColRange(0, Vocabulary);
            var count = filled.Rows;
            using var places = t.Scratch(DType.I32, 1, student.Capacity);
            using var ones = t.Scratch(1, student.Capacity);
            using var sums = t.Scratch(1, student.Capacity);
            var (targets, losses) = (places.Value.ColRange(0, count), sums.Value.ColRange(0, count));
            t.Backend.Pointwise.AddScaled(own, 1 / header.Temperature, filled, 0);
            if (!t.Arena.IsPretend)
                HideKnown(filled, ids, targets);
            t.Backend.Pointwise.Fill(ones.Value, 1);
            // The cross-entropy of any other token is the sum's logarithm less that token's logit.
            t.Backend.Loss.CrossEntropy(filled, targets, ones.Value.ColRange(0, count), 1, losses, gradients: false);
            if (!t.Arena.IsPretend)
            {
                for (var i = 0; i < count; i++)
                    rest[i] = losses.Row<float>(0)[i] + filled.Row<float>(i)[targets.Row<int>(0)[i]] - MathF.Max(MathF.Log(rest[i]), Divergence.LeastLog);
            }
            if (header.Temperature != 1)
                t.Backend.Pointwise.AddScaled(own, 1, filled, 0);
        }

        // Sets the known tokens to nothing, and finds one of the others for each row.
        private void HideKnown(Tensor filled, int[] ids, Tensor targets)
        {
            var kept = header.Kept;
            for (var i = 0; i < filled.Rows; i++)
            {
                var row = filled.Row<float>(i);
                foreach (var id in ids.AsSpan(i * kept, kept))
                    row[id] = None;
                var other = 0;
                while (row[other] == None)
                    other++;
                targets.Row<int>(0)[i] = other;
            }
        }
    }
}
