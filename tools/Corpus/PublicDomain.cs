using System.Text;

namespace Attune.Corpus;

/// <summary>The two public-domain books of the data folder, cut at paragraph borders into documents of one to two thousand characters.</summary>
internal static class PublicDomain
{
    private const int Least = 1000;
    private const int Most = 2000;

    // Real prose teaches what generated sentences do not: it is read several times, cut at other places each time.
    private static readonly (string Folder, string File, int Readings)[] Books =
    [
        ("tinyshakespeare", "input.txt", 2),
        ("wizard-of-oz", "wizard_of_oz.txt", 8),
    ];

    public static IEnumerable<string> Documents(string data)
    {
        foreach (var (folder, file, readings) in Books)
        {
            var path = Path.Combine(data, "datasets", folder, file);
            if (!File.Exists(path))
                continue;
            var book = File.ReadAllText(path);
            for (var reading = 0; reading < readings; reading++)
            {
                foreach (var document in Cut(book, Least + reading * (Most - Least) / readings))
                    yield return document;
            }
        }
    }

    internal static IEnumerable<string> Cut(string book, int least = Least)
    {
        var document = new StringBuilder();
        foreach (var raw in book.Replace("\r\n", "\n", StringComparison.Ordinal).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var paragraph = raw.Trim();
            if (paragraph.Length == 0)
                continue;
            if (document.Length >= least || (document.Length > 0 && document.Length + paragraph.Length > Most))
            {
                yield return document.ToString();
                document.Clear();
            }
            document.Append(document.Length > 0 ? "\n\n" : "").Append(paragraph);
        }
        if (document.Length > 0)
            yield return document.ToString();
    }
}
