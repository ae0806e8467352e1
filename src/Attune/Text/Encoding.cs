namespace Attune.Text;

/// <summary>A half-open range of UTF-16 positions in the text that was given to <see cref="Tokenizer.Encode"/>.</summary>
public readonly record struct CharRange(int Start, int End)
{
    /// <summary>Number of UTF-16 units; 0 for a token that stands for no text, such as an added BOS.</summary>
    public int Length => End - Start;
}

/// <summary>
/// The token ids of a text and, index by index, the characters that each token stands for.
/// Starts never decrease. Tokens that are parts of one character all carry that character's whole range.
/// </summary>
public sealed record Encoding(int[] Ids, CharRange[] Offsets);
