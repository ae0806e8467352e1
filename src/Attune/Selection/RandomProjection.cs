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
            var (a, b, c, d) = key.Draw(first + i, 0);
            var (e, f, g, h) = key.Draw(first + i, 1);
            Put(a, 0, value, y);
            Put(b, 1, value, y);
            Put(c, 2, value, y);
            Put(d, 3, value, y);
            Put(e, 4, value, y);
            Put(f, 5, value, y);
            Put(g, 6, value, y);
            Put(h, 7, value, y);
        }
    }

    // The lowest bit is the sign; the upper 31 choose the row within the block, by the high part of a product.
    private void Put(uint bits, int part, float value, Span<float> y) =>
        y[part * block + (int)(((ulong)(bits >> 1) * (uint)block) >> 31)] += (bits & 1) == 0 ? value : -value;
}
