using System.Runtime.CompilerServices;
using Attune.Data;
using Attune.Engine;

namespace Attune.Selection;

/// <summary>
/// A sparse random projection ℝᵖ → ℝᵈ that keeps inner products: y = S x, where every column of S has <see cref="PerColumn"/> entries of
/// ±1/√<see cref="PerColumn"/>, one in each of as many equal blocks of rows (Kane and Nelson, "Sparser Johnson–Lindenstrauss transforms",
/// 2014). E⟨Sx, Sy⟩ = ⟨x, y⟩ with a variance below 2‖x‖²‖y‖²/d, as for a dense projection, at 8 additions a number instead of d.
/// </summary>
/// <param name="size">d, a multiple of <see cref="PerColumn"/>.</param>
/// <param name="key">Decides S: nothing of it is stored.</param>
internal sealed class RandomProjection(int size, RandomKey key)
{
    /// <summary>Entries of a column that are not zero.</summary>
    public const int PerColumn = 8;

    private readonly int block = size / PerColumn;

    /// <summary>d.</summary>
    public int Size => size;

    /// <summary>y += S[:, first …] x.</summary>
    /// <param name="x">A run of numbers.</param>
    /// <param name="first">Index of the first of them in the whole vector.</param>
    /// <param name="y">d numbers.</param>
    public void Add(ReadOnlySpan<float> x, long first, Span<float> y)
    {
        const float scale = 0.35355339f; // 1/√8
        for (var i = 0; i < x.Length; i++)
        {
            var value = x[i] * scale;
            if (value == 0)
                continue;
            var n = (ulong)(first + i) * (PerColumn / 2);
            for (var part = 0; part < PerColumn; part += 2)
            {
                var bits = Mixing.Nth(key.Key, n++);
                Put((uint)bits, part, value, y);
                Put((uint)(bits >> 32), part + 1, value, y);
            }
        }
    }

    // The lowest bit is the sign, put in without a branch that could not be foretold; the upper 31 choose the row within the block, by the high part of a product.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Put(uint bits, int part, float value, Span<float> y) =>
        y[part * block + (int)(((ulong)(bits >> 1) * (uint)block) >> 31)] += BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) ^ (bits << 31));
}
