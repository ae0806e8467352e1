using System.Buffers;
using System.Text;

namespace Attune.Text.Normalizers;

/// <summary>
/// The normalization forms C, D, KC and KD of Unicode Standard Annex 15. Text is handled in runs that normalize independently of each other
/// (a starter and what may combine with it); a run that changes stands as a whole for the whole run of the original.
/// </summary>
internal sealed class UnicodeNormalizer(bool compose, bool compatibility) : INormalizer
{
    private readonly NormalizationData data = NormalizationData.Instance;

    // Below this code point every character is its own normal form, whatever follows within the bound.
    private readonly char firstAffected = compose && !compatibility ? '\u0300' : compatibility ? '\u00A0' : '\u00C0';

    public MappedText Normalize(MappedText text)
    {
        if (!text.Text.AsSpan().ContainsAnyInRange(firstAffected, char.MaxValue)) return text;
        var result = new MappedText.Builder(text.Length);
        var (run, normal) = (new List<int>(), new List<int>());
        for (var start = 0; start < text.Length;)
        {
            run.Clear();
            normal.Clear();
            var end = ReadRun(text.Text, start, run, normal);
            Reorder(normal);
            if (compose) Compose(normal);
            if (run.SequenceEqual(normal)) result.Copy(text, start, end);
            else Append(result, normal, text.StartOf(start), text.EndOf(end - 1));
            start = end;
        }
        return result.Build();
    }

    /// <summary>Reads code points up to the next that begins a run of its own; <paramref name="decomposed"/> gets their decompositions.</summary>
    private int ReadRun(string text, int start, List<int> run, List<int> decomposed)
    {
        var at = start;
        while (at < text.Length)
        {
            // Half a surrogate pair is no character: it passes as it is.
            var whole = Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var length) == OperationStatus.Done;
            var code = whole ? rune.Value : text[at];
            var before = decomposed.Count;
            data.Decompose(code, compatibility, decomposed);
            if (at > start && !data.ReachesBack(decomposed[before]))
            {
                decomposed.RemoveRange(before, decomposed.Count - before);
                return at;
            }
            run.Add(code);
            at += length;
        }
        return at;
    }

    /// <summary>Sorts each stretch of non-starters by combining class, keeping the order of equals.</summary>
    private void Reorder(List<int> codes)
    {
        for (var start = 0; start < codes.Count;)
        {
            var end = start;
            while (end < codes.Count && data.ClassOf(codes[end]) != 0) end++;
            if (end - start > 1)
            {
                var sorted = codes.GetRange(start, end - start).OrderBy(data.ClassOf).ToList();
                for (var i = 0; i < sorted.Count; i++) codes[start + i] = sorted[i];
            }
            start = end + 1;
        }
    }

    /// <summary>Joins each character to the last starter before it, unless something between them blocks it.</summary>
    private void Compose(List<int> codes)
    {
        var (starter, kept, lastClass) = (-1, 0, 0);
        for (var i = 0; i < codes.Count; i++)
        {
            var code = codes[i];
            var own = data.ClassOf(code);
            var adjacent = starter >= 0 && kept == starter + 1;
            if (starter >= 0 && (adjacent || (lastClass < own && lastClass != 0)) && data.Compose(codes[starter], code) is >= 0 and var joined)
            {
                codes[starter] = joined;
                continue;
            }
            if (own == 0) starter = kept;
            lastClass = own;
            codes[kept++] = code;
        }
        codes.RemoveRange(kept, codes.Count - kept);
    }

    private static void Append(MappedText.Builder result, List<int> codes, int start, int end)
    {
        Span<char> units = stackalloc char[2];
        foreach (var code in codes)
        {
            if (code is >= 0xD800 and <= 0xDFFF) result.Add((char)code, start, end);
            else result.Add(units[..new Rune(code).EncodeToUtf16(units)], start, end);
        }
    }
}
