namespace Attune.Data;

/// <summary>What the truncation policy makes of rows that are too long.</summary>
internal static class Shortener
{
    /// <summary>The example with its prompt cut from the left until it fits; null if the answers alone are too long.</summary>
    /// <param name="example">Too long.</param>
    /// <param name="most">Most tokens.</param>
    /// <param name="bosId">Stays in front if it was there.</param>
    public static Example? CutPrompt(Example example, int most, int? bosId)
    {
        var keep = example.Ids[0] == bosId ? 1 : 0;
        var prompt = Array.IndexOf(example.Trained, true);
        var excess = example.Ids.Length - most;
        // One token must stay in front of the answer, or its first token would have nothing to follow from.
        if (excess > prompt - Math.Max(keep, 1)) return null;
        return example with
        {
            Ids = [.. example.Ids[..keep], .. example.Ids[(keep + excess)..]],
            Trained = [.. example.Trained[..keep], .. example.Trained[(keep + excess)..]],
        };
    }

    /// <summary>A document as pieces that fit. Each begins with the last token of the one before, so that every token is a target once.</summary>
    public static IEnumerable<Example> Pieces(Example document, int most)
    {
        var ids = document.Ids;
        for (int at = 0, piece = 0; at + 1 < ids.Length; at += most - 1, piece++)
        {
            var n = Math.Min(most, ids.Length - at);
            var trained = new bool[n];
            Array.Fill(trained, true, 1, n - 1);
            // Runs of pieces stay together in a split: text beside text is nearly a duplicate, but a corpus of one file must be divisible.
            yield return document with { Ids = ids[at..(at + n)], Trained = trained, Group = Mixing.Bits(document.Group, (ulong)piece / 16) };
        }
    }
}
