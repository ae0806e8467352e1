using System.Text.Json.Nodes;
using Attune.Adapters;
using Attune.Data;
using Attune.Engine;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;
using Attune.Text;

namespace Attune.Runs;

/// <summary>
/// A model as a user means it: weights, tokenizer, chat template and stop tokens from one folder, with an adapter or without. The
/// one place that decides which template rules, so that training and inference cannot differ.
/// </summary>
public sealed class ModelContext : IDisposable
{
    private ModelContext(ModelFolder folder, Tokenizer tokenizer, ChatTemplate? template, GenerationConfig generation, string? adapterPath)
    {
        (Folder, Tokenizer, Template, Generation, AdapterPath) = (folder, tokenizer, template, generation, adapterPath);
        var ends = new SortedSet<int>(generation.EosTokenIds);
        if (tokenizer.EosId is { } eos)
            ends.Add(eos);
        EndIds = [.. ends];
    }

    /// <summary>Configuration and weights.</summary>
    public ModelFolder Folder { get; }

    /// <summary>The model's tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The chat template that rules; null where there is none.</summary>
    public ChatTemplate? Template { get; }

    /// <summary>The model's own settings of generation.</summary>
    public GenerationConfig Generation { get; }

    /// <summary>Ids that end a text by the model's own configuration.</summary>
    public IReadOnlyList<int> EndIds { get; }

    /// <summary>Ids that end an answer: the above and the template's end of turn.</summary>
    public IReadOnlyList<int> StopIds => Prompts.StopIds(Tokenizer, Template, EndIds);

    /// <summary>The adapter's folder, or null.</summary>
    public string? AdapterPath { get; }

    /// <summary>What tables and rows call it: the name of the adapter's folder, or of the model's; an adapter of a run is called adapter as all are, so that its run is named too.</summary>
    public string Name
    {
        get
        {
            var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(AdapterPath ?? Folder.Path));
            var name = Path.GetFileName(path);
            return name is "adapter" or "model" && Path.GetFileName(Path.GetDirectoryName(path)) is { Length: > 0 } run ? $"{run}/{name}" : name;
        }
    }

    /// <summary>The same with matrices held in another format (<see cref="ModelFolder.In"/>); it stands in place of this one.</summary>
    internal ModelContext HeldIn(DType? type, Func<ParameterInfo, bool>? trains = null) =>
        type == Folder.HeldAs ? this : new(Folder.In(type, trains), Tokenizer, Template, Generation, AdapterPath);

    /// <summary>The same with an adapter that was tuned on it, over the same files.</summary>
    internal ModelContext With(string adapter) => new(Folder, Tokenizer, Template, Generation, adapter);

    /// <summary>Opens a model, and looks at its adapter: one that was tuned on a quantised base gets the same base again.</summary>
    /// <param name="path">The model's folder; an adapter's folder leads to the base that it names.</param>
    /// <param name="adapter">The adapter's folder, or null.</param>
    /// <param name="template">A template to use instead of the model's own: a file or <c>chatml</c>; null for the model's.</param>
    /// <param name="withWeights">False where the weights are still to be trained.</param>
    public static ModelContext Open(string path, string? adapter = null, string? template = null, bool withWeights = true)
    {
        if (adapter is null && withWeights && IsTuned(path) && !File.Exists(Path.Combine(path, HfConfig.FileName)))
            (path, adapter) = (BaseOf(path), path);
        var folder = withWeights ? ModelFolder.Open(path) : ModelFolder.OpenConfiguration(path);
        try
        {
            var tokenizer = Tokenizer.Load(folder.Files);
            if (tokenizer.VocabularySize > folder.Spec.Vocabulary)
                throw new UserErrorException(path, $"the tokenizer has {tokenizer.VocabularySize} tokens, the model only {folder.Spec.Vocabulary}", "the files do not belong together: get the model again");
            var rules = ResolveTemplate(folder.Files, adapter, template, tokenizer);
            if (adapter is not null)
            {
                folder = folder.In(CheckAdapter(adapter, folder, tokenizer, rules));
                if (WeightFiles.IsThere(adapter))
                    folder = WeightFiles.Put(adapter, folder);
            }
            return new ModelContext(folder, tokenizer, rules, GenerationConfig.Read(folder.Files, folder.Config), adapter);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Makes sure that another adapter belongs to the same base, tokenizer and template, with the base held in the same format.</summary>
    /// <exception cref="UserErrorException">It does not.</exception>
    internal void RequireAlike(string adapter)
    {
        using var files = ModelFolder.Open(Folder.Path);
        if (CheckAdapter(adapter, files, Tokenizer, Template) != Folder.HeldAs)
            throw new UserErrorException(adapter, "was tuned with the base held in another format than the first adapter's", "add adapters of one base");
    }

    /// <summary>Prompt ids for one message of the user, or for plain text where there is no template.</summary>
    public int[] Prompt(IReadOnlyList<ChatMessage> messages)
    {
        if (Template is null)
            return Text(string.Join("\n", messages.Select(static m => m.Content)));
        try
        {
            return Text(Render(Template, messages, addGenerationPrompt: true));
        }
        catch (TemplateRefusedException e)
        {
            throw new UserErrorException("chat template", $"refuses the conversation: {e.Message}", "change the conversation, or give another template");
        }
    }

    /// <summary>A conversation in the words of a template, with this model's special tokens.</summary>
    /// <param name="template">The template.</param>
    /// <param name="messages">The conversation.</param>
    /// <param name="addGenerationPrompt">Whether an answer is asked for.</param>
    /// <param name="clock">What the template takes for the time; null for the system's.</param>
    /// <param name="tools">The tools that it is to describe, as JSON; null for none.</param>
    /// <exception cref="TemplateRefusedException">The template refuses the conversation.</exception>
    public string Render(ChatTemplate template, IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, TimeProvider? clock = null, JsonNode? tools = null) => template.Render(messages, new ChatOptions
    {
        AddGenerationPrompt = addGenerationPrompt,
        Tools = tools,
        BosToken = Tokenizer.BosId is { } bos ? Tokenizer.TokenText(bos) : null,
        EosToken = Tokenizer.EosId is { } eos ? Tokenizer.TokenText(eos) : null,
        Clock = clock,
    });

    /// <summary>Prompt ids for text as it stands: one BOS at the most, no end token.</summary>
    public int[] Text(string text) => Prompts.Encode(Tokenizer, text);

    /// <summary>The adapters of <see cref="AdapterPath"/> on the model's own decoder; null for none, and for weights that were tuned alone, which stand in the folder's place.</summary>
    internal AdapterSet? AdaptersOn(Decoder decoder) => AdapterPath is { } path && PeftFiles.IsAdapter(path) ? PeftFiles.Load(path, decoder) : null;

    /// <summary>SHA-256, in hex, over the weights as <see cref="ModelFolder.Fingerprint"/> takes them, and what was tuned on them.</summary>
    internal string Fingerprint() => WeightedAdapter.Fingerprint(Folder, AdapterPath is { } path ? [new WeightedAdapter(path, 1)] : []);

    /// <summary>Writes into the folder of an adapter what it was made of: this base, tokenizer and template.</summary>
    internal void WriteOrigin(string adapter)
    {
        new AdapterOrigin(Folder.Spec.Vocabulary, Folder.Fingerprint(), Tokenizer.Hash, Template?.Hash) { Base = Folder.HeldAs }.Write(adapter);
        if (Template is not null)
            AtomicFile.WriteText(Path.Combine(adapter, "chat_template.jinja"), Template.Source);
    }

    /// <inheritdoc />
    public void Dispose() => Folder.Dispose();

    // What is put over a base: adapters, or weights that were tuned alone.
    private static bool IsTuned(string folder) => PeftFiles.IsAdapter(folder) || WeightFiles.IsThere(folder);

    private static string BaseOf(string adapter) => (WeightFiles.IsThere(adapter) ? WeightFiles.BasePath(adapter) : PeftFiles.BasePath(adapter)) is { } named && Directory.Exists(named)
        ? named
        : throw new UserErrorException(adapter, "is an adapter, and the base model that it names is not a folder here", "give the base model with --model and this folder with --adapter");

    // What an adapter was trained with stands beside it, and rules where nothing else is asked for.
    private static ChatTemplate? ResolveTemplate(ModelFiles files, string? adapter, string? template, Tokenizer tokenizer) =>
        template is null && adapter is not null && ChatTemplate.FromModel(adapter) is { } own
            ? own
            : TemplateChoice.Of(template, files, tokenizer);

    // Returns what its base is held as.
    private static DType? CheckAdapter(string adapter, ModelFolder folder, Tokenizer tokenizer, ChatTemplate? template)
    {
        if (!IsTuned(adapter))
            throw new UserErrorException(adapter, $"is not an adapter: it has no adapter_config.json, nor {WeightFiles.FileName}", "give the adapter folder of a run");
        if (AdapterOrigin.Read(adapter) is not { } origin)
            return null;
        var problems = origin.Check(adapter, folder).ToList();
        if (origin.TokenizerHash != tokenizer.Hash)
            problems.Add(new Problem(adapter, "was trained with another tokenizer than the model's", "use the base model that the adapter was trained on, with its tokenizer.json"));
        if (origin.TemplateHash is { } hash && hash != template?.Hash)
            problems.Add(new Problem(adapter, "was trained with another chat template than the one given", "leave the template out: the adapter's own is used"));
        if (problems.Count > 0)
            throw new UserErrorException(problems);
        return origin.Base;
    }
}
