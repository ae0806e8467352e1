using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Attune.Models;
using Attune.Problems;
using Attune.Text;

namespace Attune.Cli.Commands;

/// <summary>
/// <c>attune tokenize</c>: a filter. Without <c>--json</c> a line of text becomes a line of ids; with it, a JSON string becomes an object with the ids
/// with and without the model's special tokens. <c>--decode</c> goes the other way.
/// </summary>
internal static class TokenizeCommand
{
    public static Command Create(CommandHost host)
    {
        var model = Shared.Model();
        var decode = new Option<bool>("--decode") { Description = "Turn ids into text; special tokens are kept." };
        var text = new Argument<string?>("text") { Description = "What to tokenize. Left out: standard input, line by line.", Arity = ArgumentArity.ZeroOrOne };
        return host.Bind(
            new Command("tokenize", "Turns text into a model's token ids, or ids into text. With --json a line in is a JSON value, and so is a line out.") { text, model, decode },
            c =>
            {
                var tokenizer = Tokenizer.Load(ModelFolder.TokenizerFiles(Shared.RequireModel("--model", c.Get(model)!)));
                if (c.Get(text) is { } given)
                    Line(given, "text", asJson: false);
                else
                    Filter();
                return ExitCode.Done;

                void Filter()
                {
                    for (var number = 1; c.Output.Terminal.In.ReadLine() is { } line; number++)
                    {
                        c.Stop.ThrowIfCancellationRequested();
                        Line(line, string.Create(CultureInfo.InvariantCulture, $"standard input, line {number}"), c.Output.IsJson);
                    }
                }

                void Line(string line, string place, bool asJson)
                {
                    if (c.Get(decode))
                        WriteText(c.Output, tokenizer.Decode(Ids(line, place, tokenizer.VocabularySize), skipSpecialTokens: false));
                    else
                        WriteIds(c.Output, tokenizer, asJson ? JsonText(line, place) : line);
                }
            });
    }

    private static void WriteText(ConsoleOutput output, string text)
    {
        if (output.IsJson)
            output.JsonLine(j => j.WriteStringValue(text));
        else
            output.TextLine(text);
    }

    private static void WriteIds(ConsoleOutput output, Tokenizer tokenizer, string text)
    {
        var ids = tokenizer.Encode(text, addSpecialTokens: false).Ids;
        if (!output.IsJson)
        {
            output.TextLine(string.Join(' ', ids));
            return;
        }

        output.JsonLine(j =>
        {
            j.WriteStartObject();
            Write("ids", ids);
            Write("ids_with_special", tokenizer.Encode(text, addSpecialTokens: true).Ids);
            j.WriteEndObject();

            void Write(string name, int[] values)
            {
                j.WriteStartArray(name);
                foreach (var id in values)
                    j.WriteNumberValue(id);
                j.WriteEndArray();
            }
        });
    }

    private static string JsonText(string line, string place)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.ValueKind == JsonValueKind.String)
                return json.RootElement.GetString()!;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Said below, in the same words as any other line that is not a string.
        }

        throw new UserErrorException(place, $"expected a JSON string, found {Start(line)}", "write each text in quotes, with \\n for a line break");
    }

    /// <summary>Ids as a JSON array, or as numbers between blanks.</summary>
    private static int[] Ids(string line, string place, int vocabulary)
    {
        var words = line.Trim() is ['[', .. var inner, ']'] ? inner.Split(',') : line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is [var only] && string.IsNullOrWhiteSpace(only))
            return [];
        var ids = new int[words.Length];
        for (var i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out ids[i]))
                throw new UserErrorException(place, $"expected token ids such as [1, 2, 3], found {Start(line)}");
            if (ids[i] >= vocabulary)
                throw new UserErrorException(place, $"{ids[i]} is not an id of this tokenizer, which has 0 to {vocabulary - 1}", "is it the right --model?");
        }

        return ids;
    }

    private static string Start(string line) => line.Length <= 40 ? line : line[..40] + " …";
}
