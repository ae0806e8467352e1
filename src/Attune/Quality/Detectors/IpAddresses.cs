using System.Net;
using System.Text.RegularExpressions;

namespace Attune.Quality.Detectors;

/// <summary>Addresses of single machines on the open Internet. Private, local, multicast and example ranges (RFC 1918, 5737, 6890) reach nobody.</summary>
internal static partial class IpAddresses
{
    private const int Large = 64, WordReach = 24;

    private static readonly string[] Resolvers = ["8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "208.67.222.222", "208.67.220.220"];

    /// <summary>First character and length of each address.</summary>
    public static IEnumerable<(int Start, int Length)> Find(string text)
    {
        var found = new List<(int, int)>();
        foreach (var match in Four().EnumerateMatches(text))
            if (IsOpen(text.AsSpan(match.Index, match.Length), text.AsSpan(0, match.Index))) found.Add((match.Index, match.Length));
        if (!text.Contains(':', StringComparison.Ordinal)) return found;
        foreach (var match in Six().EnumerateMatches(text))
            if (IsOpenSix(text.AsSpan(match.Index, match.Length))) found.Add((match.Index, match.Length));
        return found;
    }

    [GeneratedRegex(@"(?<![\p{L}\d._-])(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?![\p{L}\d_-]|\.\d)", RegexOptions.CultureInvariant)]
    private static partial Regex Four();

    [GeneratedRegex(@"(?<![\p{L}\d:._])[23][0-9A-Fa-f]{3}:[0-9A-Fa-f:]{2,34}(?![\p{L}\d:_])", RegexOptions.CultureInvariant)]
    private static partial Regex Six();

    [GeneratedRegex(@"(?<!\p{L})(?:ips?|ipv4|address|host|server|ping|ssh|log(?:ged|in)|client|from|peer|proxy|router|gateway|https?)(?!\p{L})", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Said();

    // The parts of sections and versions are small: one large part needs a word that says what it is, two need none.
    private static bool IsOpen(ReadOnlySpan<char> text, ReadOnlySpan<char> before)
    {
        Span<int> part = stackalloc int[4];
        var (n, large) = (0, 0);
        foreach (var range in text.Split('.')) part[n++] = int.Parse(text[range], System.Globalization.CultureInfo.InvariantCulture);
        foreach (var p in part)
            if (p >= Large) large++;
        if (part[0] is 0 or 10 or 127 or >= 224 || large == 0 || NamesVersion(before) || large == 1 && !Said().IsMatch(before[^Math.Min(before.Length, WordReach)..])) return false;
        var local = (part[0], part[1]) is (192, 168) or (169, 254) or (172, >= 16 and <= 31) or (100, >= 64 and <= 127) or (198, 18 or 19);
        var example = (part[0], part[1], part[2]) is (192, 0, 0 or 2) or (198, 51, 100) or (203, 0, 113);
        // A mask or an address of a whole network is no machine.
        return !local && !example && part[3] != 0 && !Resolvers.Contains(text.ToString());
    }

    private static bool NamesVersion(ReadOnlySpan<char> before)
    {
        before = before.TrimEnd(" :=vV\"'(");
        return before.EndsWith("version", StringComparison.OrdinalIgnoreCase) || before.EndsWith("release", StringComparison.OrdinalIgnoreCase)
            || before.EndsWith("build", StringComparison.OrdinalIgnoreCase) || before.EndsWith("section", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsOpenSix(ReadOnlySpan<char> text) =>
        IPAddress.TryParse(text, out var address) && (text.Contains("::", StringComparison.Ordinal) || text.Count(':') == 7) && !text.StartsWith("2001:db8:", StringComparison.OrdinalIgnoreCase)
        && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
}
