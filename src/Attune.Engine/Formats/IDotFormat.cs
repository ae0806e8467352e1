using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Formats;

/// <summary>
/// A weight format as products of few rows read it: widened in registers and never written down. Sums are kept lane by lane, block
/// after block, so that an element's bits depend on the row of weights and on the row of activations alone.
/// </summary>
internal unsafe interface IDotFormat
{
    /// <summary>Elements of a block, a multiple of 16; what is left of a row behind its whole blocks is decoded.</summary>
    static abstract int Elements { get; }

    /// <summary>Bytes of a block, one behind the other.</summary>
    static abstract int Bytes { get; }

    /// <summary>sum + Σ x · (numbers of a block), lane by lane.</summary>
    /// <param name="row">The row of weights.</param>
    /// <param name="block">Which of its blocks.</param>
    /// <param name="x">The activations that the block meets.</param>
    /// <param name="sum">The sums so far.</param>
    static abstract V Add<L, V>(byte* row, int block, float* x, V sum) where L : struct, ILane<V> where V : unmanaged;

    /// <summary>A factor that all of the row's blocks leave out.</summary>
    static virtual float RowScale(byte* row) => 1;
}
