using System.Globalization;
using Attune.Data;

namespace Attune.Tests.Quality.Detectors;

/// <summary>How well a detector finds what was planted among what only looks like it.</summary>
internal sealed class Planted
{
    private int found, missed, wrong;

    /// <summary>Share of what was planted that was found.</summary>
    public double Recall => (double)found / (found + missed);

    /// <summary>Share of what was found that was planted.</summary>
    public double Precision => (double)found / (found + wrong);

    /// <summary>One trial: whether it was planted, and whether the detector says so.</summary>
    public void Add(bool planted, bool said)
    {
        if (planted && said) found++;
        else if (planted) missed++;
        else if (said) wrong++;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"precision {Precision:F4}, recall {Recall:F4} ({found} found, {missed} missed, {wrong} wrong)");
}

/// <summary>Made texts: the same for the same seed.</summary>
internal sealed class MadeText(ulong seed)
{
    private ulong drawn;

    public int Next(int below) => Mixing.Below(Mixing.Bits(seed, drawn++), below);

    public string Digits(int n) => string.Concat(Enumerable.Range(0, n).Select(_ => (char)('0' + Next(10))));

    public string One(params ReadOnlySpan<string> of) => of[Next(of.Length)];

    /// <summary>Every # becomes a digit, every ~ one from 1 to 9.</summary>
    public string Fill(string form) => string.Concat(form.Select(c => c switch { '#' => (char)('0' + Next(10)), '~' => (char)('1' + Next(9)), _ => c }));
}
