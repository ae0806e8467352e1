using Attune.Formats;
using Attune.Problems;
using Attune.Text;

namespace Attune.Data;

/// <summary>Which chat template rules a run.</summary>
public static class TemplateChoice
{
    private const string ChatMlEnd = "<|im_end|>";

    /// <summary>The template that is asked for; null if the model has none and none is asked for.</summary>
    /// <param name="asked">Null for the model's own, <c>chatml</c>, or the path of a template file.</param>
    /// <param name="files">The model's files.</param>
    /// <param name="tokenizer">The model's tokenizer, to which ChatML is fitted.</param>
    public static ChatTemplate? Of(string? asked, ModelFiles files, Tokenizer tokenizer)
    {
        if (asked is null) return ChatTemplate.FromModel(files);
        if (asked == "chatml") return ChatMlFor(tokenizer);
        if (!File.Exists(asked)) throw new UserErrorException("data.template", $"there is no file {asked}", "give a template file, or chatml");
        return ChatTemplate.Parse(InputFile.Read(asked, TextFile.Read), asked);
    }

    /// <summary>
    /// ChatML for a model: as it is if the tokenizer knows <c>&lt;|im_end|&gt;</c>; else with the model's end token in its place, since a turn
    /// must end with one token that stops the generation.
    /// </summary>
    public static ChatTemplate ChatMlFor(Tokenizer tokenizer)
    {
        if (tokenizer.IdOf(ChatMlEnd) is not null || tokenizer.EosId is not { } id) return ChatTemplate.ChatMl;
        var end = tokenizer.TokenText(id).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
        return ChatTemplate.Parse(ChatTemplate.ChatMl.Source.Replace(ChatMlEnd, end, StringComparison.Ordinal), "the built-in ChatML template");
    }
}
