using System.Text;

namespace Attune.Corpus;

/// <summary>The two public-domain books of the data folder, cut at paragraph borders into documents of one to two thousand characters.</summary>
internal static class PublicDomain
{
    private const int Least = 1000;
    private const int Most = 2000;

    public static IEnumerable<string> Documents(string data)
    {
        foreach (var (folder, file) in new[] { ("tinyshakespeare", "input.txt"), ("wizard-of-oz", "wizard_of_oz.txt") })
        {
            var path = Path.Combine(data, "datasets", folder, file);
            if (!File.Exists(path))
                continue;
            foreach (var document in Cut(File.ReadAllText(path)))
                yield return document;
        }
    }

    internal static IEnumerable<string> Cut(string book)
    {
        var document = new StringBuilder();
        foreach (var raw in book.Replace("\r\n", "\n", StringComparison.Ordinal).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var paragraph = raw.Trim();
            if (paragraph.Length == 0)
                continue;
            if (document.Length >= Least || (document.Length > 0 && document.Length + paragraph.Length > Most))
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
