namespace Attune.Models;

/// <summary>How far to generate.</summary>
public sealed record GenerationOptions
{
    /// <summary>Most tokens to add to the prompt.</summary>
    public int MaxNewTokens { get; init; } = 256;

    /// <summary>How tokens are chosen.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Tokens that end the text; they are not part of it.</summary>
    public IReadOnlyCollection<int> StopIds { get; init; } = [];

    /// <summary>Strings that end the text; they are not part of it.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];
}

/// <summary>Why a text ended.</summary>
public enum StopReason
{
    /// <summary>The model wrote a stop token.</summary>
    StopToken,

    /// <summary>The text reached a stop string.</summary>
    StopString,

    /// <summary>As many tokens as allowed, or as many as the model has positions for.</summary>
    Length,
}

/// <summary>What a model wrote.</summary>
/// <param name="Ids">Its tokens, the stop token not among them.</param>
/// <param name="Text">The tokens as text, up to a stop string.</param>
/// <param name="Reason">Why it ended.</param>
public sealed record Generated(IReadOnlyList<int> Ids, string Text, StopReason Reason);

/// <summary>
/// Cuts a growing text at the first stop string, and holds back an end that may still become one, so that no part of a stop string
/// is ever shown.
/// </summary>
internal sealed class StopScanner(IReadOnlyList<string> stops)
{
    private string held = "";

    /// <summary>Whether a stop string was reached.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Takes further text; returns what can be shown of it.</summary>
    public string Push(string text)
    {
        if (Stopped || text.Length == 0)
            return "";
        held += text;
        var cut = -1;
        foreach (var stop in stops)
        {
            var at = held.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && (cut < 0 || at < cut))
                cut = at;
        }
        if (cut >= 0)
        {
            Stopped = true;
            return Take(cut);
        }
        return Take(held.Length - LongestPossibleStart());
    }

    /// <summary>What was held back and turned out to be no stop string.</summary>
    public string Flush() => Stopped ? "" : Take(held.Length);

    private string Take(int length)
    {
        var shown = held[..length];
        held = held[length..];
        return shown;
    }

    private int LongestPossibleStart()
    {
        var longest = 0;
        foreach (var stop in stops)
        {
            for (var n = Math.Min(stop.Length - 1, held.Length); n > longest; n--)
            {
                if (held.AsSpan(held.Length - n).SequenceEqual(stop.AsSpan(0, n)))
                    longest = n;
            }
        }
        return longest;
    }
}
