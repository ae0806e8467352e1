using Attune.Engine.Autograd;

namespace Attune.Engine.Ops;

/// <summary>A teacher's logits, computed chunk by chunk from its final hidden rows: rows = hidden · headᵀ, its first K tokens.</summary>
/// <param name="hidden">[n, C] of the teacher: of every row that is trained on.</param>
/// <param name="head">[V, C] of the teacher, in any weight format.</param>
/// <param name="vocabulary">K.</param>
public sealed class HeadLogits(Tensor hidden, Tensor head, int vocabulary) : ITeacherRows
{
    /// <inheritdoc />
    public int Vocabulary => vocabulary;

    /// <inheritdoc />
    public void Fill(Tape t, LossRows student, Tensor rows) => Fill(t, student.First, student.Capacity, rows);

    /// <summary>The logits of some rows.</summary>
    /// <param name="t">Gives backend and workspace.</param>
    /// <param name="first">Number of the first of them.</param>
    /// <param name="capacity">Rows that are asked for at once at the most.</param>
    /// <param name="rows">[m, K], written.</param>
    public void Fill(Tape t, int first, int capacity, Tensor rows)
    {
        var kernels = t.Backend.Matrix;
        using var workspace = t.Workspace(kernels.Workspace(capacity, vocabulary, hidden.Cols, false));
        kernels.Product(hidden.RowRange(first, rows.Rows), false, head.RowRange(0, vocabulary), true, rows, 1, 0, workspace.Value);
    }
}
