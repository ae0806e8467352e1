using Attune.Problems;
using Attune.Text;

namespace Attune.Data;

/// <summary>Conversations → examples: text by template, tokens, mask by position, truncation. Counts everything that it does to a row.</summary>
internal sealed class ExampleBuilder
{
    private readonly Tokenizer tokenizer;
    private readonly ChatTemplate? template;
    private readonly DataOptions options;
    private readonly ChatSpans? spans;
    private readonly UnreadKeys unread;
    private readonly Masker masker;
    private readonly SortedSet<int> stopIds = [];
    private ReasoningForm? reasoning;
    private bool knowsTemplateStops;

    /// <param name="tokenizer">The model's.</param>
    /// <param name="template">The model's or the user's; null if there is none.</param>
    /// <param name="options">Maximum length, truncation, end ids.</param>
    public ExampleBuilder(Tokenizer tokenizer, ChatTemplate? template, DataOptions options)
    {
        (this.tokenizer, this.template, this.options) = (tokenizer, template, options);
        stopIds.UnionWith(options.EosIds);
        if (tokenizer.EosId is { } end) stopIds.Add(end);
        masker = new Masker(tokenizer, new HashSet<int>(stopIds));
        spans = template is null ? null : new ChatSpans(template, TextOf(tokenizer.BosId), TextOf(tokenizer.EosId));
        unread = new UnreadKeys(spans);
    }

    /// <summary>The ids that end a generation: the model's end ids and the end-of-turn tokens that the template was seen to write.</summary>
    public IReadOnlyCollection<int> StopIds => stopIds;

    /// <summary>What happened to the rows.</summary>
    public BuildCounts Counts { get; } = new();

    /// <summary>What was done to rows and what was lost of them, one sentence each.</summary>
    public IEnumerable<string> Sentences()
    {
        if (Counts.CutDocuments > 0) yield return $"{Count(Counts.CutDocuments, "document")} longer than the maximum: cut into {Counts.Pieces} pieces";
        if (Counts.Divided > 0)
            yield return $"the template writes earlier answers otherwise than they are generated: {Count(Counts.Divided, "conversation")} became one example per answer";
        if (Counts.Straddling > 0)
            yield return $"{Count(Counts.Straddling, "example")} with a token across the border of prompt and answer, which is not learned; "
                + "to avoid it, begin answers with a blank or end prompts with a line end";
        if (reasoning?.Note is { } note) yield return $"the reasoning of {Count(Counts.Reasoning, "message")} {note}, as the template reads it";
        foreach (var sentence in unread.Sentences()) yield return sentence;
    }

    /// <summary>The examples of a conversation: one as a rule; none if it is dropped or wrong; several if the template or the length divides it.</summary>
    public IEnumerable<Example> Build(Conversation chat, ProblemList problems)
    {
        try
        {
            return chat.Kind == ConversationKind.Document || spans is null ? Plain(chat, problems) : Templated(chat, problems);
        }
        catch (TemplateRefusedException e)
        {
            problems.Add(chat.Place, $"the chat template refuses it: {e.Message}", "change the conversation, or give another template file (data.template)");
            return [];
        }
        catch (UserErrorException e) when (chat.Kind != ConversationKind.Document && spans is not null)
        {
            foreach (var problem in e.Problems) problems.Add(chat.Place, $"the chat template fails on it: {problem.Place}: {problem.Message}", problem.Remedy);
            return [];
        }
    }

    private List<Example> Templated(Conversation given, ProblemList problems)
    {
        var chat = WithReasoning(given);
        if (spans!.Find(chat) is not { } texts)
        {
            problems.Add(chat.Place, "the chat template's generation prompt is not how it begins an answer, so that the answer cannot be told from the prompt",
                "give a template file (data.template) that writes answers as they are generated");
            return [];
        }
        unread.Add(chat, texts);
        if (texts.Count > 1) Counts.Divided++;
        if (!knowsTemplateStops && texts.Any(t => t.Answers.Any(a => a.HasCalls))) FindTemplateStops();
        var examples = new List<Example>();
        foreach (var text in texts)
        {
            if (PromptWithin(chat, text) is { } leaked)
            {
                problems.Add(chat.Place,
                    $"the prompt would be trained on: the template ignores add_generation_prompt, so that {Masker.Quote(leaked)} counts as part of the answer",
                    "give a template file (data.template) that honours add_generation_prompt");
                continue;
            }
            if (masker.Chat(text, stopIds, chat.Place, problems) is { } masked) examples.AddRange(Finish(chat, masked, problems));
        }
        return examples;
    }

    private List<Example> Plain(Conversation chat, ProblemList problems)
    {
        if (chat.Kind == ConversationKind.Chat || chat.Turns.Count > 2)
        {
            throw new UserErrorException(chat.Place, "is a conversation, but the model has no chat template",
                "set data.template: chatml, or data.template to a template file; it is stored with the output");
        }
        if (this.tokenizer.EosId is null)
            throw new UserErrorException("tokenizer", "names no end token, so the model could never learn to stop", "add eos_token to tokenizer_config.json");
        if (spans is null) unread.Add(chat, []);
        var masked = chat.Kind == ConversationKind.Document ? masker.Document(chat.Turns[0].Content) : masker.Completion(chat.Turns[0].Content, chat.Turns[1].Content);
        return Finish(chat, masked, problems);
    }

    /// <summary>Text of the template that would be learned in front of an answer because no generation prompt announced it; null if there is none.</summary>
    private string? PromptWithin(Conversation chat, RenderedChat text)
    {
        foreach (var answer in text.Answers)
        {
            var content = chat.Turns[answer.Turn].Content.Trim();
            var at = content.Length == 0 ? -1 : text.Text.IndexOf(content, answer.Start, StringComparison.Ordinal);
            if (at < 0) continue;
            var head = text.Text[answer.Start..at];
            if (!string.IsNullOrWhiteSpace(head) && spans!.IgnoresGenerationPrompt(chat, answer.Turn)) return head;
        }
        return null;
    }

    private List<Example> Finish(Conversation chat, MaskedText masked, ProblemList problems)
    {
        if (masked.Straddles) Counts.Straddling++;
        if (masked.Trained.Length > 0) masked.Trained[0] = false;
        var last = Array.LastIndexOf(masked.Trained, true);
        if (last < 0)
        {
            problems.Add(chat.Place, "has no token to train on", "check that its answer is not empty");
            return [];
        }
        // What follows the last trained token predicts nothing that counts.
        var key = PromptKey.Of(chat);
        var example = new Example(masked.Ids[..(last + 1)], masked.Trained[..(last + 1)], chat.File, chat.Row, chat.Parents.Count > 0 ? chat.Parents[0] : key)
        {
            Kin = chat.Parents.Count > 0 ? [.. chat.Parents, key] : [],
        };
        Counts.Lengths.Add(example.Ids.Length);
        return example.Ids.Length <= this.options.MaxLength ? [example] : TooLong(chat, example, problems);
    }

    private List<Example> TooLong(Conversation chat, Example example, ProblemList problems)
    {
        if (chat.Kind == ConversationKind.Document)
        {
            var pieces = Shortener.Pieces(example, this.options.MaxLength).ToList();
            Counts.CutDocuments++;
            Counts.Pieces += pieces.Count;
            return pieces;
        }
        if (this.options.Truncation == TruncationPolicy.PromptLeft && Shortener.CutPrompt(example, this.options.MaxLength, this.tokenizer.BosId) is { } cut)
        {
            Counts.Shortened++;
            return [cut];
        }
        Counts.TooLong++;
        if (this.options.Truncation == TruncationPolicy.Error)
            problems.Add(chat.Place, $"has {example.Ids.Length} tokens, more than the {this.options.MaxLength} allowed",
                "raise data.max_length, or set data.truncation to drop or prompt-left");
        return [];
    }

    // What ends a plain answer ends one with tool calls too; found before the first of these, so that the order of the rows plays no part.
    private void FindTemplateStops()
    {
        knowsTemplateStops = true;
        try
        {
            foreach (var text in spans!.Find(Prompts.Probe) ?? []) masker.Chat(text, stopIds, Prompts.Probe.Place, new ProblemList());
        }
        catch (Exception e) when (e is TemplateRefusedException or UserErrorException)
        {
            // A template that cannot write the plainest conversation has no stop token to tell.
        }
    }

    private Conversation WithReasoning(Conversation chat)
    {
        var carriers = chat.Turns.Count(t => t.Extra.ContainsKey(MessageReader.ReasoningKey));
        if (carriers == 0) return chat;
        reasoning ??= ReasoningForm.Of(template!.Source, spans!.Whole);
        Counts.Reasoning += carriers;
        return reasoning.Apply(chat);
    }

    private static string Count(int n, string thing) => n == 1 ? $"1 {thing}" : $"{n} {thing}s";

    private string? TextOf(int? id) => id is { } known ? this.tokenizer.TokenText(known) : null;
}

/// <summary>What the builder did to the rows of a data set.</summary>
internal sealed class BuildCounts
{
    /// <summary>Length of every example in tokens before truncation.</summary>
    public List<int> Lengths { get; } = [];

    /// <summary>Examples left out (or refused) for their length.</summary>
    public int TooLong { get; set; }

    /// <summary>Examples whose prompt was cut.</summary>
    public int Shortened { get; set; }

    /// <summary>Documents that were cut into pieces.</summary>
    public int CutDocuments { get; set; }

    /// <summary>The pieces of these.</summary>
    public int Pieces { get; set; }

    /// <summary>Conversations of which each answer became an example of its own.</summary>
    public int Divided { get; set; }

    /// <summary>Examples in which a token lies across the border of prompt and answer.</summary>
    public int Straddling { get; set; }

    /// <summary>Messages with reasoning.</summary>
    public int Reasoning { get; set; }
}
