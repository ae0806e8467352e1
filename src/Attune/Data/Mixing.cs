using System.Text;

namespace Attune.Data;

/// <summary>Counter-based random bits and text hashes that are the same on every machine and in every run.</summary>
internal static class Mixing
{
    /// <summary>Sixty-four random bits that depend on all arguments and nothing else (the finaliser of SplitMix64, applied per argument).</summary>
    public static ulong Bits(ulong seed, ulong a, ulong b = 0) => Mix(Mix(Mix(seed + 0x9E3779B97F4A7C15) ^ a) ^ b);

    /// <summary>Number <paramref name="n"/> of the sequence that SplitMix64 makes of a seed: for draws by the million.</summary>
    public static ulong Nth(ulong seed, ulong n) => Mix(seed + (n + 1) * 0x9E3779B97F4A7C15);

    /// <summary>A number below <paramref name="bound"/> from random bits, by the high half of the product; the bias is below 2⁻³².</summary>
    public static int Below(ulong bits, int bound) => (int)(((bits >> 32) * (ulong)bound) >> 32);

    /// <summary>Hash of a text (FNV-1a over its UTF-8 bytes, then mixed).</summary>
    public static ulong Hash(string text)
    {
        var h = 0xCBF29CE484222325UL;
        foreach (var b in Encoding.UTF8.GetBytes(text)) h = (h ^ b) * 0x100000001B3UL;
        return Mix(h);
    }

    /// <summary>Hash of a sequence of ids.</summary>
    public static ulong Hash(ReadOnlySpan<int> ids)
    {
        var h = (ulong)ids.Length;
        foreach (var id in ids) h = Mix(h ^ (uint)id) + 0x9E3779B97F4A7C15;
        return h;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
