namespace Attune.Engine.Backends;

/// <summary>Heads of an attention.</summary>
/// <param name="Heads">H, query heads.</param>
/// <param name="KeyHeads">G, key/value heads; H is a multiple of it (Ainslie et al. 2023).</param>
/// <param name="HeadSize">D.</param>
/// <param name="Scale">Factor of q·k, usually 1/√D.</param>
public readonly record struct AttentionShape(int Heads, int KeyHeads, int HeadSize, float Scale);

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
