using Attune.Data;
using Attune.Formats;
using Attune.Problems;
using Attune.Text;

namespace Attune.Evaluation;

/// <summary>
/// Running text that has nothing to do with the task: what a model loses on it is what it has forgotten. Documents are separated by
/// lines of <c>---</c>.
/// </summary>
public static class GeneralText
{
    /// <summary>The text that comes with Attune: about 50 KB of plain English, written for this purpose.</summary>
    public static string BuiltIn
    {
        get
        {
            using var stream = typeof(GeneralText).Assembly.GetManifestResourceStream("general.txt")
                ?? throw new InvalidOperationException("general.txt is not embedded");
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
    }

    /// <summary>The text of a file.</summary>
    public static string Read(string path)
    {
        try
        {
            return TextFile.Read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException("eval.general", $"{path} cannot be read: {e.Message}", "give a text file, or none");
        }
    }

    /// <summary>The examples that a recipe's <c>eval.general</c> asks for.</summary>
    /// <param name="asked">A file, <c>none</c>, or null for the text that comes with Attune.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="maxLength">Most tokens of an example.</param>
    public static IReadOnlyList<Example> Choose(string? asked, Tokenizer tokenizer, int maxLength) =>
        asked == "none" ? []
        : Examples(asked is null ? BuiltIn : Read(asked), tokenizer, maxLength) is { Count: > 0 } examples ? examples
        : throw new UserErrorException("eval.general", $"{asked} holds no text to measure on", "give a text file with some sentences, or none");

    /// <summary>The text as examples of at most <paramref name="maxLength"/> tokens, every token of which counts.</summary>
    public static IReadOnlyList<Example> Examples(string text, Tokenizer tokenizer, int maxLength)
    {
        var examples = new List<Example>();
        var documents = text.ReplaceLineEndings("\n").Split("\n---\n", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        for (var d = 0; d < documents.Length; d++)
        {
            var ids = tokenizer.Encode(documents[d], addSpecialTokens: true).Ids;
            foreach (var piece in ids.Chunk(maxLength).Where(static p => p.Length > 1))
                examples.Add(new Example(piece, [false, .. Enumerable.Repeat(true, piece.Length - 1)], "general text", d + 1, (ulong)d));
        }
        return examples;
    }
}
