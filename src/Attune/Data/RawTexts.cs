using Attune.Problems;

namespace Attune.Data;

/// <summary>The texts of data files as they stand, for what learns from characters alone (a tokenizer): what is said in rows, and plain text untouched.</summary>
public static class RawTexts
{
    private const int Block = 1 << 20;

    /// <summary>Reads files one after the other; plain text comes in pieces that end where no word and no run of blanks is cut.</summary>
    /// <exception cref="UserErrorException">After the last text: all that is wrong with the files and their rows.</exception>
    public static IEnumerable<string> Read(IReadOnlyList<string> paths)
    {
        var problems = new ProblemList();
        foreach (var path in paths)
        {
            var file = RowFile.At(path);
            var texts = RowFormats.Of(file).Name == "plain" ? Plain(file, problems) : Rows(path, problems);
            foreach (var text in texts)
                yield return text;
        }

        problems.ThrowIfAny();
    }

    private static IEnumerable<string> Rows(string path, ProblemList problems)
    {
        // Lengths play no part here: the options' maximum is for examples.
        var reader = ConversationReader.Open(path, new() { MaxLength = int.MaxValue }, problems);
        return reader.Read().SelectMany(c => c.Turns).Select(t => t.Content);
    }

    private static IEnumerable<string> Plain(RowFile file, ProblemList problems)
    {
        using var reader = new StreamReader(file.Open(), MarkedUtf8.Encoding, detectEncodingFromByteOrderMarks: false);
        var rest = "";
        var buffer = new char[Block];
        for (int read; (read = reader.ReadBlock(buffer)) > 0;)
        {
            var text = string.Concat(rest, buffer.AsSpan(0, read));
            var cut = read < Block ? text.Length : LastCut(text);
            if (MarkedUtf8.HasInvalid(text[..cut]))
            {
                problems.Add(file.Path, "is not valid UTF-8", "save the file as UTF-8");
                yield break;
            }

            if (cut > 0)
                yield return text[..cut];
            rest = text[cut..];
        }

        if (rest.Length > 0)
            yield return rest;
    }

    /// <summary>Just after the last single line end between two visible characters, or 0: what follows is a word of its own to every tokenizer.</summary>
    private static int LastCut(string text)
    {
        for (var i = text.Length - 2; i > 0; i--)
        {
            if (text[i] == '\n' && !char.IsWhiteSpace(text[i - 1]) && !char.IsWhiteSpace(text[i + 1]))
                return i + 1;
        }

        return 0;
    }
}
