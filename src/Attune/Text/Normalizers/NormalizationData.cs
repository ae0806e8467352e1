using System.Collections.Frozen;
using System.Globalization;

namespace Attune.Text.Normalizers;

/// <summary>
/// The data of Unicode normalization, read once from the embedded table (see make_normalization.py). The platform's own normalization
/// is not used: without ICU it returns its input unchanged, and with ICU it depends on the machine.
/// </summary>
internal sealed class NormalizationData
{
    private const int HangulFirst = 0xAC00, LeadFirst = 0x1100, VowelFirst = 0x1161, TailFirst = 0x11A7, Leads = 19, Vowels = 21, Tails = 28;

    private static readonly Lazy<NormalizationData> Loaded = new(() => new NormalizationData());

    private readonly FrozenDictionary<int, int[]> canonical;
    private readonly FrozenDictionary<int, int[]> compatible;
    private readonly FrozenDictionary<(int, int), int> pairs;
    private readonly FrozenDictionary<int, byte> classes;
    private readonly FrozenSet<int> seconds;

    private NormalizationData()
    {
        var (canonical, compatible, pairs, classes) = (new Dictionary<int, int[]>(), new Dictionary<int, int[]>(), new Dictionary<(int, int), int>(), new Dictionary<int, byte>());
        using var stream = typeof(NormalizationData).Assembly.GetManifestResourceStream("Attune.Text.normalization.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            var fields = line.Split(' ');
            if (fields[0] == "#") continue;
            if (fields[0] == "R")
            {
                for (var code = Hex(fields[1]); code <= Hex(fields[2]); code++) classes[code] = byte.Parse(fields[3], CultureInfo.InvariantCulture);
                continue;
            }
            var parts = fields[2..].Select(Hex).ToArray();
            (fields[0] == "K" ? compatible : canonical)[Hex(fields[1])] = parts;
            if (fields[0] == "C") pairs[(parts[0], parts[1])] = Hex(fields[1]);
        }
        this.canonical = canonical.ToFrozenDictionary();
        this.compatible = compatible.ToFrozenDictionary();
        this.pairs = pairs.ToFrozenDictionary();
        this.classes = classes.ToFrozenDictionary();
        seconds = pairs.Keys.Select(p => p.Item2).ToFrozenSet();
    }

    public static NormalizationData Instance => Loaded.Value;

    /// <summary>The canonical combining class; 0 for starters.</summary>
    public int ClassOf(int code) => classes.GetValueOrDefault(code);

    /// <summary>Appends the full decomposition of a code point.</summary>
    public void Decompose(int code, bool compatibility, List<int> into)
    {
        var syllable = code - HangulFirst;
        if ((uint)syllable < Leads * Vowels * Tails)
        {
            into.Add(LeadFirst + syllable / (Vowels * Tails));
            into.Add(VowelFirst + syllable % (Vowels * Tails) / Tails);
            if (syllable % Tails != 0) into.Add(TailFirst + syllable % Tails);
        }
        else if (canonical.TryGetValue(code, out var parts) || (compatibility && compatible.TryGetValue(code, out parts)))
        {
            foreach (var part in parts) Decompose(part, compatibility, into);
        }
        else into.Add(code);
    }

    /// <summary>The code point that the two compose to, or -1.</summary>
    public int Compose(int first, int second)
    {
        if ((uint)(first - LeadFirst) < Leads && (uint)(second - VowelFirst) < Vowels)
            return HangulFirst + ((first - LeadFirst) * Vowels + second - VowelFirst) * Tails;
        if ((uint)(first - HangulFirst) < Leads * Vowels * Tails && (first - HangulFirst) % Tails == 0 && (uint)(second - TailFirst - 1) < Tails - 1)
            return first + second - TailFirst;
        return pairs.GetValueOrDefault((first, second), -1);
    }

    /// <summary>Whether a code point can change, or be changed by, what stands before it.</summary>
    public bool ReachesBack(int code) =>
        ClassOf(code) != 0 || seconds.Contains(code) || (uint)(code - VowelFirst) < Vowels || (uint)(code - TailFirst - 1) < Tails - 1;

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
