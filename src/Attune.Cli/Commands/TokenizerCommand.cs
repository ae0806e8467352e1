using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Data;
using Attune.Formats;
using Attune.Problems;
using Attune.Reports;
using Attune.Text;
using Spectre.Console;

namespace Attune.Cli.Commands;

/// <summary><c>attune tokenizer train</c>: a byte-level BPE vocabulary from the user's own texts.</summary>
internal static class TokenizerCommand
{
    private const string EndOfText = "<|endoftext|>";

    public static Command Create(CommandHost host) => host.Group("tokenizer", "Makes tokenizers; see: attune tokenizer train --help.", Train);

    private static Command Train(CommandHost host)
    {
        var data = new Option<string[]>("--data")
        {
            Description = "Files to learn from: plain text, or rows (.jsonl, .json, .csv).",
            HelpName = "file…",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var size = new Option<int>("--vocab") { Description = "Tokens in the end: 256 bytes, the special tokens, and merges.", HelpName = "number", Required = true };
        var target = new Option<string>("--out") { Description = "Folder for tokenizer.json and tokenizer_config.json.", HelpName = "folder", Required = true };
        var special = new Option<string[]>("--special")
        {
            Description = $"A token that is never cut, such as <|im_start|>; may be repeated. The first ends a text. Left out: {EndOfText}.",
            HelpName = "token",
            DefaultValueFactory = _ => [EndOfText],
        };
        var digits = new Option<bool>("--split-digits") { Description = "Every digit is a token of its own, so that numbers are copied digit by digit." };
        return host.Bind(new Command("train", "Trains a byte-level BPE tokenizer on texts and writes it in Hugging Face's format.") { data, size, target, special, digits }, c =>
        {
            var file = Path.Combine(c.Get(target)!, "tokenizer.json");
            if (File.Exists(file))
                throw new UserErrorException(file, "exists already, and models may depend on it", "choose another --out, or move it away");
            var specials = c.Get(special)!;
            c.Output.Say($"learning {Numbers.Count(c.Get(size))} tokens from {string.Join(", ", c.Get(data)!)}");
            var trained = BpeTrainer.Train(RawTexts.Read(c.Get(data)!), new() { VocabularySize = c.Get(size), SpecialTokens = specials, SplitDigits = c.Get(digits) }, c.Stop);
            AtomicFile.WriteText(Path.Combine(c.Get(target)!, "tokenizer_config.json"), Config(specials));
            AtomicFile.WriteText(file, trained.TokenizerJson + "\n");
            if (trained.Vocabulary.Count < c.Get(size))
                c.Output.Warn($"the texts give only {Numbers.Count(trained.Vocabulary.Count)} tokens: no pair that is left occurs twice");
            Show(c.Output, file, trained);
            return ExitCode.Done;
        });
    }

    private static string Config(string[] specials)
    {
        var config = new JsonObject { ["tokenizer_class"] = "PreTrainedTokenizerFast", ["clean_up_tokenization_spaces"] = false };
        if (specials.Length > 0)
            config["eos_token"] = specials[0];
        return config.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n";
    }

    private static void Show(ConsoleOutput output, string file, TrainedBpe trained) => output.Result(
        json =>
        {
            json.WriteStartObject();
            json.WriteString("tokenizer", file);
            json.WriteNumber("tokens", trained.Vocabulary.Count);
            json.WriteNumber("merges", trained.Merges.Count);
            json.WriteEndObject();
        },
        console => console.WriteLine($"{file}: {Numbers.Count(trained.Vocabulary.Count)} tokens, {Numbers.Count(trained.Merges.Count)} merges"));
}
