namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// A tile kernel and the panels that it reads: what <see cref="PackedProduct{TPanels}"/> needs to know of an element type. Packed
/// bytes are the implementer's own; sources and results are floats.
/// </summary>
internal unsafe interface IPanels
{
    /// <summary>Floats of scratch memory for decoding and for incomplete tiles.</summary>
    const int ScratchFloats = 16 * KBlocks.Longest;

    /// <summary>Steps of k by which memory is asked for before it is packed.</summary>
    const int Ahead = 16;

    /// <summary>Rows of a panel of A and of a tile of C.</summary>
    static abstract int Rows { get; }

    /// <summary>Columns of a panel of B and of a whole tile of C.</summary>
    static abstract int Cols { get; }

    /// <summary>Columns of the narrowest tile, a slice; divides <see cref="Cols"/>.</summary>
    static abstract int Slice { get; }

    /// <summary>
    /// Bytes that one row of a panel of A, or one column of a panel of B, takes over <paramref name="length"/> steps of k. Additive in
    /// multiples of 64 steps.
    /// </summary>
    static abstract int Bytes(int length);

    /// <summary>True where tiles read rows of A where they lie: nothing of such an operand is packed but a last, incomplete panel.</summary>
    static abstract bool ReadsInPlace(bool transposeA);

    /// <summary>True where a product of m rows reads whole slices of B where they lie: nothing of it is packed but the rest.</summary>
    static abstract bool ReadsInPlace(Operand b, int m);

    /// <summary>
    /// Packs rows row … row + rows − 1 of A, steps k … k + length − 1, into one panel of <see cref="Rows"/> · Bytes(length). Rows that are missing
    /// may stay what they were: nothing that they give is kept.
    /// </summary>
    static abstract void PackLeft(Operand a, int row, int rows, int k, int length, byte* to, float* scratch);

    /// <summary>
    /// Packs columns col … col + count − 1 of B, steps k … k + length − 1, as panels of <see cref="Cols"/> · Bytes(length). Columns that are missing
    /// may stay what they were: nothing that they give is kept.
    /// </summary>
    /// <param name="b">The operand, in any weight format.</param>
    /// <param name="k">First step.</param>
    /// <param name="length">Steps, at most <see cref="KBlocks.Longest"/>.</param>
    /// <param name="col">First column.</param>
    /// <param name="count">Columns.</param>
    /// <param name="to">Room for the panels.</param>
    /// <param name="scratch">Room for <see cref="ScratchFloats"/> floats.</param>
    static abstract void PackRight(Operand b, int k, int length, int col, int count, byte* to, float* scratch);

    /// <summary>The first columns of a tile: c [Rows, slices · Slice] ← α · a · b + β · c; an element's bits do not depend on how many.</summary>
    static abstract void Tile(LeftPanel a, RightPanel b, int slices, int length, float* c, nint pitch, float alpha, float beta);
}

/// <summary>Some rows of A over a block of k: packed, or floats where they lie.</summary>
internal unsafe readonly struct LeftPanel(byte* address, nint pitch)
{
    public byte* Address { get; } = address;

    /// <summary>Floats from row to row where rows are read in place; 0 where they are packed.</summary>
    public nint Pitch { get; } = pitch;
}

/// <summary>Some columns of B over a block of k: packed, or floats where they lie.</summary>
internal unsafe readonly struct RightPanel(byte* address, nint step)
{
    public byte* Address { get; } = address;

    /// <summary>Floats from step to step where columns are read in place; 0 where they are packed.</summary>
    public nint Step { get; } = step;
}
