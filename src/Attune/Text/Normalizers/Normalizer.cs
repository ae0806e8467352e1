using System.Globalization;
using System.Text;
using Attune.Text.Patterns;

namespace Attune.Text.Normalizers;

/// <summary>Rewrites text before it is split, keeping track of where each unit came from.</summary>
internal interface INormalizer
{
    MappedText Normalize(MappedText text);
}

/// <summary>The normalizers of tokenizer.json by their "type".</summary>
internal static class NormalizerTable
{
    private static readonly Dictionary<string, Func<Section, INormalizer>> Types = new()
    {
        ["Sequence"] = s => new NormalizerSequence([.. s.Required("normalizers").Items().Select(Read)]),
        ["NFC"] = _ => new UnicodeNormalizer(compose: true, compatibility: false),
        ["NFD"] = _ => new UnicodeNormalizer(compose: false, compatibility: false),
        ["NFKC"] = _ => new UnicodeNormalizer(compose: true, compatibility: true),
        ["NFKD"] = _ => new UnicodeNormalizer(compose: false, compatibility: true),
        ["Lowercase"] = _ => new LowercaseNormalizer(),
        ["StripAccents"] = _ => new StripAccentsNormalizer(),
        ["Prepend"] = s => new PrependNormalizer(s.Required("prepend").Text()),
        ["Replace"] = s => new ReplaceNormalizer(TextPattern.Read(s.Required("pattern")), s.Required("content").Text()),
        ["Strip"] = s => new StripNormalizer(s.FlagOr("strip_left", true), s.FlagOr("strip_right", true)),
    };

    public static INormalizer Read(Section section) => Supported.Build(Types, section, "normalizer");
}

internal sealed class NormalizerSequence(INormalizer[] steps) : INormalizer
{
    public MappedText Normalize(MappedText text) => steps.Aggregate(text, (t, step) => step.Normalize(t));
}

/// <summary>Puts a string before text that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : INormalizer
{
    public MappedText Normalize(MappedText text)
    {
        if (text.Length == 0) return text;
        var result = new MappedText.Builder(text.Length + prefix.Length);
        result.Add(prefix, text.StartOf(0), text.StartOf(0));
        result.Copy(text, 0, text.Length);
        return result.Build();
    }
}

/// <summary>Replaces every match; the replacement stands for the whole match.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : INormalizer
{
    public MappedText Normalize(MappedText text)
    {
        // " " → "▁" and the like keep every range.
        if (pattern.Literal is { Length: 1 } single && content.Length == 1) return text.WithCharacters(text.Text.Replace(single[0], content[0]));
        var matches = new List<(int Start, int End)>();
        pattern.FindAll(text.Text, matches);
        if (matches.Count == 0) return text;
        var result = new MappedText.Builder(text.Length);
        var done = 0;
        foreach (var (start, end) in matches)
        {
            result.Copy(text, done, start);
            if (end > start) result.Add(content, text.StartOf(start), text.EndOf(end - 1));
            else
            {
                var place = start < text.Length ? text.StartOf(start) : text.Length > 0 ? text.EndOf(text.Length - 1) : 0;
                result.Add(content, place, place);
            }
            done = end;
        }
        result.Copy(text, done, text.Length);
        return result.Build();
    }
}

/// <summary>Removes white space at the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : INormalizer
{
    public MappedText Normalize(MappedText text)
    {
        var (start, end) = (0, text.Length);
        while (left && start < end && char.IsWhiteSpace(text.Text[start])) start++;
        while (right && end > start && char.IsWhiteSpace(text.Text[end - 1])) end--;
        return text.Slice(start, end - start);
    }
}

/// <summary>Lower case, code point by code point (no rule for a final sigma, as in the reference implementation).</summary>
internal sealed class LowercaseNormalizer : INormalizer
{
    public MappedText Normalize(MappedText text)
    {
        var result = new MappedText.Builder(text.Length);
        Span<char> units = stackalloc char[2];
        for (var i = 0; i < text.Length;)
        {
            if (Rune.DecodeFromUtf16(text.Text.AsSpan(i), out var rune, out var length) != System.Buffers.OperationStatus.Done) result.Copy(text, i, i + length);
            else if (rune.Value == 'İ') result.Add("i\u0307", text.StartOf(i), text.EndOf(i));
            else result.Add(units[..Rune.ToLowerInvariant(rune).EncodeToUtf16(units)], text.StartOf(i), text.EndOf(i + length - 1));
            i += length;
        }
        return result.Build();
    }
}

/// <summary>Removes non-spacing marks, which a decomposing normalizer has set free before.</summary>
internal sealed class StripAccentsNormalizer : INormalizer
{
    public MappedText Normalize(MappedText text)
    {
        var result = new MappedText.Builder(text.Length);
        for (var i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text.Text.AsSpan(i), out var rune, out var length);
            if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark) result.Copy(text, i, i + length);
            i += length;
        }
        return result.Build();
    }
}
