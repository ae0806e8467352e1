using System.Text;
using System.Text.Json.Nodes;

namespace Attune.Data;

/// <summary>
/// Plain text: documents separated by lines of <c>---</c> (or <c>&lt;|endoftext|&gt;</c>, as some corpora are published); without such a line
/// the file is one document.
/// </summary>
/// <remarks>Line ends become <c>\n</c>; blank lines within a document are kept, around it they are not.</remarks>
internal sealed class PlainSource(RowFile file) : IRowSource
{
    private static readonly string[] Separators = ["---", "<|endoftext|>"];

    /// <inheritdoc/>
    public IEnumerable<Row> Records()
    {
        using var reader = new StreamReader(file.Open(), MarkedUtf8.Encoding, detectEncodingFromByteOrderMarks: false);
        var document = new StringBuilder();
        var number = 0;
        long line = 0, begin = 1;
        for (var more = true; more;)
        {
            var text = Next(reader);
            more = text is not null;
            line++;
            if (more && !Separators.Contains(text!.TrimEnd()))
            {
                if (document.Length == 0 && string.IsNullOrWhiteSpace(text)) continue;
                if (document.Length == 0) begin = line;
                document.Append(text).Append('\n');
                continue;
            }
            if (document.Length == 0) continue;
            var whole = document.ToString().TrimEnd();
            document.Clear();
            number++;
            yield return MarkedUtf8.HasInvalid(whole)
                ? Row.Bad(file.Name, number, begin + LineOfInvalid(whole), "is not valid UTF-8", "save the file as UTF-8")
                : new Row(file.Name, number, begin, new JsonObject { ["text"] = whole }) { Raw = Encoding.UTF8.GetBytes(whole) };
        }
    }

    private static int LineOfInvalid(string text) => text.Split('\n').TakeWhile(l => !MarkedUtf8.HasInvalid(l)).Count();

    private string? Next(StreamReader reader)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw RowFile.Unreadable(file.Path, e);
        }
    }
}
