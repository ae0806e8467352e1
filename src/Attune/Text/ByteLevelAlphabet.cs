using System.Collections.Frozen;
using System.Text;

namespace Attune.Text;

/// <summary>GPT-2's map between bytes and printable characters, in which byte-level vocabularies are written.</summary>
internal static class ByteLevelAlphabet
{
    /// <summary>The character that stands for each byte.</summary>
    public static readonly char[] CharOf = Build();

    private static readonly FrozenDictionary<char, byte> Bytes = CharOf.Select((c, b) => (c, b)).ToFrozenDictionary(p => p.c, p => (byte)p.b);

    public static bool TryByteOf(char c, out byte value) => Bytes.TryGetValue(c, out value);

    /// <summary>The text's UTF-8 bytes as characters of the alphabet; half a surrogate pair counts as U+FFFD.</summary>
    public static string Spell(ReadOnlySpan<char> text)
    {
        var spelled = new StringBuilder(text.Length);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            var count = rune.EncodeToUtf8(utf8);
            foreach (var b in utf8[..count]) spelled.Append(CharOf[b]);
        }
        return spelled.ToString();
    }

    private static char[] Build()
    {
        var map = new char[256];
        var next = (char)256;
        for (var b = 0; b < 256; b++)
        {
            var printable = b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE;
            map[b] = printable ? (char)b : next++;
        }
        return map;
    }
}
