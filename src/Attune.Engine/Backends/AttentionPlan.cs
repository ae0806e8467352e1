namespace Attune.Engine.Backends;

/// <summary>Heads of an attention.</summary>
/// <param name="Heads">H, query heads.</param>
/// <param name="KeyHeads">G, key/value heads; H is a multiple of it (Ainslie et al. 2023).</param>
/// <param name="HeadSize">D.</param>
/// <param name="Scale">Factor of q·k, above 0, usually 1/√D.</param>
/// <param name="Window">
/// W: a query at key p sees keys p − W + 1 … p (Beltagy et al. 2020, as Hugging Face's <c>sliding_window</c> counts it); 0 for all up to p.
/// </param>
/// <param name="SoftCap">c: scores s become c · tanh(s / c) before the softmax (Gemma 2, Riviere et al. 2024); 0 for none.</param>
public readonly record struct AttentionShape(int Heads, int KeyHeads, int HeadSize, float Scale, int Window = 0, float SoftCap = 0)
{
    /// <summary>The first key that a query sees which sits on key <paramref name="position"/>.</summary>
    public int FirstKey(int position) => Window == 0 ? 0 : Math.Max(0, position - Window + 1);

    /// <summary>Whether heads, sizes and factors are such that there is something to compute.</summary>
    public bool IsValid => KeyHeads > 0 && Heads % KeyHeads == 0 && HeadSize > 0 && Window >= 0
        && Scale > 0 && float.IsFinite(Scale) && SoftCap >= 0 && float.IsFinite(SoftCap);
}

/// <summary>One sequence of a plan.</summary>
/// <param name="QueryStart">First row of q and o.</param>
/// <param name="QueryLength">Rows of q.</param>
/// <param name="KeyStart">First row of k and v.</param>
/// <param name="KeyLength">
/// Rows of k and v. The last query sits on the last key: query i sees keys 0 … KeyLength − QueryLength + i.
/// </param>
public readonly record struct AttentionSpan(int QueryStart, int QueryLength, int KeyStart, int KeyLength);

/// <summary>
/// Which rows see which. Training is the case in which a sequence's keys are its own tokens; generation, where they are cache rows,
/// is another plan for the same operation. Sequences never see each other.
/// </summary>
/// <param name="Spans">The sequences, in row order.</param>
public sealed record AttentionPlan(IReadOnlyList<AttentionSpan> Spans)
{
    /// <summary>Packed sequences that see only themselves, from the first row on.</summary>
    public static AttentionPlan Packed(ReadOnlySpan<int> lengths)
    {
        var spans = new AttentionSpan[lengths.Length];
        var start = 0;
        for (var i = 0; i < spans.Length; i++)
        {
            spans[i] = new AttentionSpan(start, lengths[i], start, lengths[i]);
            start += lengths[i];
        }
        return new AttentionPlan(spans);
    }

    /// <summary>Query rows in all.</summary>
    public int QueryRows => Spans.Sum(static s => s.QueryLength);
}
