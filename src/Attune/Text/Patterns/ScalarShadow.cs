using System.Globalization;
using System.Text;

namespace Attune.Text.Patterns;

/// <summary>
/// One UTF-16 unit for each code point: .NET's expressions see units, the expressions in tokenizer files mean code points.
/// A supplementary character is represented by a character of the basic plane with the same general category (and script, for Han).
/// </summary>
internal static class ScalarShadow
{
    private const char Han = '\u9FF0';

    /// <summary>For each general category a character that has it, apart from the ranges that tokenizers' expressions name.</summary>
    private static readonly char[] StandIns = Build();

    /// <summary>Writes the shadow of <paramref name="text"/> and, per shadow unit, its position in the text (and the length as the last entry).</summary>
    /// <returns>False where there are no surrogates, so that the text is its own shadow.</returns>
    public static bool TryCast(ReadOnlySpan<char> text, out char[] shadow, out int[] positions)
    {
        shadow = [];
        positions = [];
        if (!text.ContainsAnyInRange('\uD800', '\uDFFF')) return false;
        var units = new List<char>(text.Length);
        var places = new List<int>(text.Length + 1);
        for (var i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text[i..], out var rune, out var length);
            units.Add(rune.IsBmp ? (char)rune.Value : StandInFor(rune));
            places.Add(i);
            i += length;
        }
        places.Add(text.Length);
        shadow = [.. units];
        positions = [.. places];
        return true;
    }

    internal static char StandInFor(Rune rune) =>
        rune.Value is >= 0x20000 and <= 0x3FFFD && Rune.GetUnicodeCategory(rune) == UnicodeCategory.OtherLetter ? Han : StandIns[(int)Rune.GetUnicodeCategory(rune)];

    private static char[] Build()
    {
        var table = new char[30];
        Array.Fill(table, '\uFDD0');
        foreach (var c in "\uA726\uA727\u01C5\u1D2C\uA000\u1AB0\u1B04\u20DD\uA620\uA6E6\uA830\uFE33\uFE31\uFE35\uFE36\u2E02\u2E03\uA4FE\u2A00\uA838\uA700\uA828\u206A\uE000")
            table[(int)CharUnicodeInfo.GetUnicodeCategory(c)] = c;
        return table;
    }
}
