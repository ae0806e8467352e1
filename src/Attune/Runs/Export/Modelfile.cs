using System.Globalization;
using System.Text;
using Attune.Formats;

namespace Attune.Runs.Export;

/// <summary>
/// The Modelfile that <c>ollama create</c> makes a model from: the file, the words of a conversation where they can be said in Ollama's language, and the
/// texts that end an answer. Source: ollama/ollama, docs/modelfile.mdx.
/// </summary>
internal static class Modelfile
{
    /// <summary>Where it is written: beside the GGUF file.</summary>
    public static string PathFor(string ggufPath) => Path.Combine(Path.GetDirectoryName(ggufPath) ?? "", FileStem.Of(ggufPath) + ".Modelfile");

    /// <summary>Writes it.</summary>
    /// <param name="ggufPath">The file that was exported.</param>
    /// <param name="model">What it was exported from.</param>
    /// <param name="isAdapter">Whether the file is an adapter, and needs its base beside it.</param>
    public static void Write(string ggufPath, InferenceModel model, bool isAdapter)
    {
        var name = Path.GetFileName(ggufPath);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# ollama create NAME -f {Path.GetFileName(PathFor(ggufPath))}\n");
        if (isAdapter)
        {
            var folder = model.Context.Folder.Path;
            text.Append(CultureInfo.InvariantCulture, $"# The base as one file: attune export --model {folder} --format gguf:f16 --out base.gguf\nFROM ./base.gguf\nADAPTER ./{name}\n");
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"FROM ./{name}\n");
        }
        text.Append(Template(model));
        foreach (var id in model.Context.StopIds)
            text.Append(CultureInfo.InvariantCulture, $"PARAMETER stop {Quoted(model.Context.Tokenizer.TokenText(id))}\n");
        text.Append(CultureInfo.InvariantCulture, $"PARAMETER num_ctx {model.Decoder.Spec.WithoutWindows.MaxPositions}\n");
        AtomicFile.WriteText(PathFor(ggufPath), text.ToString());
    }

    private static string Template(InferenceModel model)
    {
        var context = model.Context;
        if (context.Template is not { } template)
            return "# The model has no chat template: the prompt goes to it as it is.\nTEMPLATE \"\"\"{{ .Prompt }}\"\"\"\n";
        var addsBos = context.Tokenizer.BosId is { } bos && context.Tokenizer.Encode("a", addSpecialTokens: true).Ids[0] == bos;
        string? At(int year) => GoTemplate.Of(
            (messages, generate) => context.Render(template, messages, generate, new Day(year)), addsBos ? context.Tokenizer.TokenText(context.Tokenizer.BosId!.Value) : null);
        // A template that writes the date would have the day of the export in it for ever.
        return At(2001) is { } words && words == At(2002)
            ? $"TEMPLATE \"\"\"{words}\"\"\"\n"
            : "# This model's chat template cannot be said in Ollama's language. Set TEMPLATE by hand, or talk to the model through /api/generate with raw prompts.\n";
    }

    private sealed class Day(int year) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(year, 6, 15, 0, 0, 0, TimeSpan.Zero);
    }

    private static string Quoted(string text) => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "\"";
}
