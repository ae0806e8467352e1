using System.Buffers;

namespace Attune.Quality.Detectors;

/// <summary>Mail addresses: found by their @, and read outwards from it, so that a long text costs no more than its length.</summary>
internal static class MailAddresses
{
    private const int LongestLocal = 64, LongestDomain = 253;

    private static readonly SearchValues<char> Local = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-'");

    // icon@2x.png is a file.
    private static readonly HashSet<string> FileEndings = new(StringComparer.OrdinalIgnoreCase)
    {
        "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "bmp", "pdf", "js", "ts", "css", "html", "htm", "json", "xml", "yaml", "yml", "txt", "md", "csv", "zip", "gz",
        "java", "cpp", "php", "rb", "exe", "dll", "jar", "service", "local", "localhost", "test", "invalid", "example",
    };

    // RFC 2606: domains that exist to be written in examples.
    private static readonly HashSet<string> Examples = new(StringComparer.OrdinalIgnoreCase) { "example.com", "example.org", "example.net", "example.edu" };

    // Accounts of programs, which name no one.
    private static readonly HashSet<string> Nobody = new(StringComparer.OrdinalIgnoreCase) { "git", "noreply", "no-reply", "donotreply", "do-not-reply" };

    /// <summary>First character and length of each address.</summary>
    public static IEnumerable<(int Start, int Length)> Find(string text)
    {
        var from = 0;
        for (var at = text.IndexOf('@'); at >= 0; at = at + 1 < text.Length ? text.IndexOf('@', at + 1) : -1)
        {
            var start = at;
            while (start > from && at - start < LongestLocal && Local.Contains(text[start - 1])) start--;
            while (start < at && text[start] is '.' or '\'' or '-' or '%' or '+') start++;
            if (start == at || text[at - 1] is '.' || start > from && Joins(text[start - 1]) || Nobody.Contains(text[start..at])) continue;
            var end = DomainEnd(text, at + 1);
            if (end < 0) continue;
            yield return (start, end - start);
            from = end;
        }
    }

    // user:password@host and a/b@host are parts of addresses of machines; a longer run of letters than a local part may have is no address.
    private static bool Joins(char before) => before is '/' or ':' or '@' || char.IsLetterOrDigit(before);

    /// <summary>Behind the last label of a domain; -1 where none begins.</summary>
    private static int DomainEnd(string text, int start)
    {
        var end = start;
        while (end < text.Length && end - start < LongestDomain && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '.' or '-')) end++;
        while (end > start && text[end - 1] is '.' or '-') end--;
        var domain = text[start..end];
        var labels = domain.Split('.');
        if (labels.Length < 2 || labels.Any(static l => l.Length is 0 or > 63 || l[0] == '-' || l[^1] == '-')) return -1;
        var top = labels[^1];
        if (top.Length is < 2 or > 18 || !top.All(char.IsAsciiLetter) || FileEndings.Contains(top)) return -1;
        return Examples.Contains($"{labels[^2]}.{top}") ? -1 : end;
    }
}
