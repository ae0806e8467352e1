namespace Attune.Quality.Detectors;

/// <summary>What is wrong with the characters of a text.</summary>
/// <param name="Replaced">Replacement characters (U+FFFD): what stood there is lost.</param>
/// <param name="Misread">Whether UTF-8 was read as another encoding; see <see cref="Mojibake"/>.</param>
/// <param name="Controls">Control characters beside tab and line ends.</param>
/// <param name="Marks">Byte-order marks within the text.</param>
/// <param name="Halves">Halves of surrogate pairs.</param>
internal readonly record struct EncodingDamage(int Replaced, bool Misread, int Controls, int Marks, int Halves)
{
    /// <summary>Whether anything is wrong.</summary>
    public bool Any => Replaced > 0 || Misread || Controls > 0 || Marks > 0 || Halves > 0;

    /// <summary>Looks at every character of a text.</summary>
    public static EncodingDamage Of(string text)
    {
        var (replaced, controls, marks, halves) = (0, 0, 0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is >= ' ' and < '\u007F' or '\n' or '\r' or '\t') continue;
            if (c == '\uFFFD') replaced++;
            else if (c == '\uFEFF') marks++;
            else if (char.IsControl(c)) controls++;
            else if (char.IsSurrogate(c))
            {
                if (i + 1 < text.Length && char.IsSurrogatePair(c, text[i + 1])) i++;
                else halves++;
            }
        }
        return new EncodingDamage(replaced, Mojibake.Repair(text) is not null, controls, marks, halves);
    }

    /// <summary>The text without what can be undone: misread characters are read again, control characters and marks left out. Null where nothing changes.</summary>
    public static string? Repair(string text)
    {
        var read = Mojibake.Repair(text) ?? text;
        var clean = string.Concat(read.Where(static c => c is '\n' or '\r' or '\t' || (c != '\uFEFF' && !char.IsControl(c))));
        return clean == text ? null : clean;
    }
}
