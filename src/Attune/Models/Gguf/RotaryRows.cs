namespace Attune.Models.Gguf;

/// <summary>
/// The order of the rows of a query or key projection. Hugging Face turns channel i of a head together with channel i + D/2, ggml's rotation of
/// this architecture turns 2i with 2i + 1: the same model, rows in another order.
/// </summary>
internal static class RotaryRows
{
    /// <summary>The row of Hugging Face's order that stands at <paramref name="row"/> of ggml's.</summary>
    public static int ToFolder(int row, int headSize)
    {
        var (head, i) = Math.DivRem(row, headSize);
        return head * headSize + i / 2 + i % 2 * (headSize / 2);
    }

    /// <summary>The row of ggml's order that stands at <paramref name="row"/> of Hugging Face's.</summary>
    public static int ToFile(int row, int headSize)
    {
        var (head, i) = Math.DivRem(row, headSize);
        return head * headSize + (i < headSize / 2 ? 2 * i : 2 * (i - headSize / 2) + 1);
    }
}
