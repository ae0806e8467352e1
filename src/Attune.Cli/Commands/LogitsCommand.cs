using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;
using Attune.Runs;

namespace Attune.Cli.Commands;

/// <summary><c>attune logits</c>: what a model computes for given token ids, as a safetensors file, for comparison with other programs.</summary>
internal static class LogitsCommand
{
    public static Command Create(CommandHost host)
    {
        var model = new ModelArguments();
        var ids = new Option<string>("--ids") { Description = "A JSON array of token ids, taken as they are: no BOS is added.", HelpName = "file", Required = true };
        var target = new Option<string>("--out", "-o") { Description = "File to write: one F32 tensor `logits` [tokens, vocabulary].", HelpName = "file.safetensors", Required = true };
        var command = model.AddTo(new Command("logits", "Writes a model's logits for given token ids to a safetensors file.") { ids, target }, withTemplate: false);
        return host.Bind(command, c =>
        {
            var path = OutputPaths.File("--out", c.Get(target), c.Get(ids)!)!;
            using var loaded = model.Open(c, withTemplate: false);
            var tokens = ReadIds(c.Get(ids)!, loaded.Decoder.Spec);
            using var arena = loaded.Reserve(InferencePlan.Logits(loaded.Decoder, loaded.Backend, loaded.Adapters, tokens.Length));
            var vocabulary = loaded.Decoder.Spec.Vocabulary;
            double sum = 0;
            SafeTensorsWriter.Write(path, [new SafeTensorsDeclaration("logits", SafeTensorsType.F32, [tokens.Length, vocabulary])], (_, stream) =>
                SequenceLogits.Run(loaded.Decoder, loaded.Adapters, tokens, loaded.Backend, arena, (first, rows) =>
                {
                    for (var r = 0; r < rows.Rows; r++)
                    {
                        var row = rows.Row<float>(r);
                        stream.Write(MemoryMarshal.AsBytes(row));
                        if (first + r + 1 < tokens.Length)
                            sum += SequenceLogits.Loss(row, tokens[first + r + 1]);
                    }
                }, c.Stop));
            double? loss = tokens.Length > 1 ? sum / (tokens.Length - 1) : null;
            c.Output.Result(
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("out", path);
                    json.WriteNumber("tokens", tokens.Length);
                    json.WriteNumber("vocabulary", vocabulary);
                    if (loss is { } mean && double.IsFinite(mean))
                        json.WriteNumber("loss", mean);
                    else
                        json.WriteNull("loss");
                    json.WriteEndObject();
                },
                console => console.Plain().WriteLine(
                    $"{path}: logits [{tokens.Length}, {vocabulary}]" + (loss is null ? "" : string.Create(CultureInfo.InvariantCulture, $", mean next-token loss {loss:F6}"))));
            return ExitCode.Done;
        });
    }

    private static int[] ReadIds(string path, DecoderSpec spec)
    {
        var ids = Parse(path);
        var place = $"--ids {path}";
        if (ids.Length == 0)
            throw new UserErrorException(place, "holds no ids", "give one at least");
        if (ids.Length > spec.MaxPositions)
            throw new UserErrorException(place, $"holds {ids.Length} ids; the model has {spec.MaxPositions} positions", "shorten it");
        var wrong = Array.FindIndex(ids, id => id < 0 || id >= spec.Vocabulary);
        return wrong < 0 ? ids : throw new UserErrorException(place, $"{ids[wrong]}, number {wrong + 1}, is not an id of this model, which has 0 to {spec.Vocabulary - 1}", "is it the right --model?");
    }

    private static int[] Parse(string path)
    {
        var text = Shared.ReadText("--ids", path);
        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind == JsonValueKind.Array && json.RootElement.EnumerateArray().All(static e => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out _)))
                return [.. json.RootElement.EnumerateArray().Select(static e => e.GetInt32())];
        }
        catch (JsonException)
        {
            // Said below, in the same words as any other text that is not an array of ids.
        }

        throw new UserErrorException($"--ids {path}", "expected a JSON array of whole numbers, such as [1, 2, 3]", "attune tokenize --json makes one");
    }
}
