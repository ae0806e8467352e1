using Attune.Text;

namespace Attune.Data;

/// <summary>A piece of an example's text.</summary>
/// <param name="Text">As the tokenizer decodes it, special tokens included.</param>
/// <param name="Trained">Whether it is learned.</param>
public sealed record Segment(string Text, bool Trained);

/// <summary>An example as a reader sees it, with the learned parts marked.</summary>
/// <param name="Place">File and row.</param>
/// <param name="Segments">The text, cut where the mask changes.</param>
public sealed record Preview(string Place, IReadOnlyList<Segment> Segments)
{
    /// <summary>Decodes an example. The text comes from the ids, so that it shows what the model gets and not what was meant.</summary>
    public static Preview Of(Example example, Tokenizer tokenizer)
    {
        var segments = new List<Segment>();
        var done = "";
        for (var start = 0; start < example.Ids.Length;)
        {
            var end = start + 1;
            while (end < example.Ids.Length && example.Trained[end] == example.Trained[start]) end++;
            // Decoded from the beginning: a piece alone would lose the blank that some decoders strip in front.
            var text = tokenizer.Decode(example.Ids.AsSpan(0, end), skipSpecialTokens: false);
            var piece = text.StartsWith(done, StringComparison.Ordinal) ? text[done.Length..] : tokenizer.Decode(example.Ids.AsSpan(start, end - start), skipSpecialTokens: false);
            segments.Add(new Segment(piece, example.Trained[start]));
            (done, start) = (text, end);
        }
        return new Preview($"{example.File}, row {example.Row}", segments);
    }
}
