using System.Text;

namespace Attune.Data;

/// <summary>UTF-8 for text readers that must name the row of an invalid byte instead of failing in the middle of a buffer.</summary>
internal static class MarkedUtf8
{
    // U+FFFF is never a character, so that valid text cannot be mistaken for a fault, as it could with U+FFFD.
    private const char Invalid = '\uFFFF';

    /// <summary>Decodes each invalid sequence as one mark.</summary>
    public static Encoding Encoding { get; } =
        System.Text.Encoding.GetEncoding("utf-8", EncoderFallback.ExceptionFallback, new DecoderReplacementFallback(Invalid.ToString()));

    /// <summary>True if a piece of text had invalid bytes when it was decoded.</summary>
    public static bool HasInvalid(string text) => text.Contains(Invalid, StringComparison.Ordinal);
}
