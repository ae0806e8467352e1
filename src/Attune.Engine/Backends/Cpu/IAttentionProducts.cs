namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// Products of blocks of attention: one row of tiles at a time, of floats that lie in memory as they are, by an operand that was laid
/// out for all rows of tiles. An operand's bytes are the implementer's own; it never takes more than floats would.
/// </summary>
internal unsafe interface IAttentionProducts
{
    /// <summary>Rows of a tile.</summary>
    static abstract int Rows { get; }

    /// <summary>Lays out rowsᵀ, [length, pitch]: a sum will go along the rows. Columns up to whole vectors may mean nothing.</summary>
    static abstract void PackTransposed(float* rows, nint rowPitch, int count, int length, float* to, int pitch);

    /// <summary>Lays out rows, [count, cols in whole vectors]: a sum will go over the rows. They may stay where they are.</summary>
    /// <param name="rows">First row.</param>
    /// <param name="pitch">Elements from row to row; then columns of the operand from one to the next.</param>
    /// <param name="count">Rows.</param>
    /// <param name="cols">Columns.</param>
    /// <param name="to">Room for the operand.</param>
    static abstract float* PackRows(float* rows, ref nint pitch, int count, int cols, float* to);

    /// <summary>c [tile rows, cols] = a · b over all of a's <paramref name="length"/> columns; a lies in rows, of which so many may be read.</summary>
    static abstract void AlongRows(float* a, nint aPitch, int readable, int length, float* b, int bCol, nint bPitch, float* c, nint cPitch, int cols, float* scratch);

    /// <summary>
    /// c [tile rows, cols] = α · a · b + β · c over columns first … end − 1 of a, which lies in rows; the column before the first is 0,
    /// and that behind the last is not read.
    /// </summary>
    static abstract void PartOfRows(
        float* a, nint aPitch, int first, int end, float* b, nint bPitch, float* c, nint cPitch, int cols, float alpha, float beta, float* scratch);

    /// <summary>c [tile rows, cols] += aᵀ · b over rows first … end − 1 of a; the row before the first is 0, and that behind the last is not read.</summary>
    static abstract void AddDownColumns(float* a, nint aPitch, int first, int end, float* b, nint bPitch, float* c, nint cPitch, int cols, float* scratch);
}
