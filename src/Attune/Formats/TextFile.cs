using System.Globalization;
using System.Text;
using Attune.Problems;

namespace Attune.Formats;

/// <summary>Text of a user's file: UTF-8, or what its byte-order mark says. Nothing that is not text is replaced in silence.</summary>
public static class TextFile
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // The longer marks first: that of UTF-32 begins with that of UTF-16.
    private static readonly Encoding[] Marked = [new UTF32Encoding(false, true, true), new UTF8Encoding(true, true), new UnicodeEncoding(false, true, true), new UnicodeEncoding(true, true, true)];

    /// <summary>The whole text.</summary>
    /// <exception cref="UserErrorException">It is not UTF-8; the line is named.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var encoding = Marked.FirstOrDefault(e => bytes.AsSpan().StartsWith(e.Preamble)) ?? Utf8;
        try
        {
            return encoding.GetString(bytes.AsSpan(encoding.Preamble.Length));
        }
        catch (DecoderFallbackException e)
        {
            var line = bytes.AsSpan(0, encoding.Preamble.Length + Math.Max(0, e.Index)).Count((byte)'\n') + 1;
            throw new UserErrorException(path, string.Create(CultureInfo.InvariantCulture, $"is not valid UTF-8, in line {line}"), "save it as UTF-8");
        }
    }
}
