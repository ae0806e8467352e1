using System.CommandLine;
using System.Text.Json;
using Attune.Models;
using Attune.Problems;
using Spectre.Console;

namespace Attune.Cli.Commands;

/// <summary><c>attune generate</c>: text from one prompt, as it is written, or from a file of prompts.</summary>
internal static class GenerateCommand
{
    public static Command Create(CommandHost host)
    {
        var (model, sampling) = (new ModelArguments(), new SamplingArguments());
        var prompt = new Option<string>("--prompt", "-p") { Description = "What to answer or to go on with.", HelpName = "text" };
        var prompts = new Option<string>("--prompts")
        {
            Description = "A file of prompts: one a line, or in .jsonl one JSON string or {\"prompt\": …} a line.",
            HelpName = "file",
        };
        var raw = new Option<bool>("--raw") { Description = "Take prompts as they are, without the chat template." };
        var command = model.AddTo(new Command("generate", "Writes text with a model: answers where it has a chat template, otherwise goes on with the prompt."));
        foreach (var option in (Option[])[prompt, prompts, raw])
            command.Options.Add(option);
        return host.Bind(sampling.AddTo(command), c =>
        {
            var texts = Read(c.Get(prompt), c.Get(prompts));
            using var loaded = model.Open(c);
            var options = sampling.Read(c, loaded.Context.Generation, loaded.Context.StopIds);
            var ids = texts.Select(t => (IReadOnlyList<int>)loaded.Prompt(t, c.Get(raw))).ToArray();
            var streams = c.Get(prompt) is not null && !c.Output.IsJson;
            var written = loaded.Generate(ids, options, streams ? (_, piece) => c.Output.Piece(piece) : null, c.Stop);
            if (streams)
                c.Output.TextLine("");
            else
                c.Output.Result(json => Write(json, texts, ids, written, c.Get(prompt) is null), console => Show(console, texts, written));
            return ExitCode.Done;
        });
    }

    private static string[] Read(string? prompt, string? path)
    {
        if ((prompt is null) == (path is null))
            throw new UserErrorException("generate", "expected one of --prompt and --prompts", "give --prompt \"…\", or --prompts with a file");
        if (prompt is not null)
            return [prompt];
        return [.. Shared.ReadPrompts(path!).Select(static p => p.Text)];
    }

    private static void Write(Utf8JsonWriter json, string[] texts, IReadOnlyList<int>[] ids, Generated[] written, bool many)
    {
        if (many)
            json.WriteStartArray();
        for (var i = 0; i < written.Length; i++)
        {
            json.WriteStartObject();
            json.WriteString("prompt", texts[i]);
            Ids("prompt_ids", ids[i]);
            json.WriteString("text", written[i].Text);
            Ids("ids", written[i].Ids);
            json.WriteString("reason", SamplingArguments.Name(written[i].Reason));
            json.WriteEndObject();
        }
        if (many)
            json.WriteEndArray();

        void Ids(string name, IReadOnlyList<int> values)
        {
            json.WriteStartArray(name);
            foreach (var id in values)
                json.WriteNumberValue(id);
            json.WriteEndArray();
        }
    }

    private static void Show(IAnsiConsole console, string[] texts, Generated[] written)
    {
        var writer = console.Plain();
        for (var i = 0; i < written.Length; i++)
        {
            writer.WriteLine($"» {texts[i]}");
            writer.WriteLine(written[i].Text);
            writer.WriteLine();
        }
    }
}
