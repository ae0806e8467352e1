using Attune.Adapters;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Problems;
using Attune.Text;

namespace Attune.Runs;

/// <summary>A model ready to be asked, with an adapter or without. Every piece of work plans its memory first, takes exactly that, and gives it back.</summary>
public sealed class InferenceModel : IDisposable
{
    // What Adapters was loaded of: for all that must know one model from another.
    private readonly IReadOnlyList<WeightedAdapter> given;
    private bool borrows;

    private InferenceModel(ModelContext context, Decoder decoder, AdapterSet? adapters, IReadOnlyList<WeightedAdapter> given, Backend backend) =>
        (Context, Decoder, Adapters, this.given, Backend) = (context, decoder, adapters, given, backend);

    /// <summary>Configuration, tokenizer, template.</summary>
    public ModelContext Context { get; }

    /// <summary>The base, over mapped weights.</summary>
    public Decoder Decoder { get; }

    /// <summary>The adapter; null for the model alone.</summary>
    public AdapterSet? Adapters { get; }

    /// <summary>Runs the kernels.</summary>
    public Backend Backend { get; }

    /// <summary>What a user should know about the files, one sentence each.</summary>
    public IReadOnlyList<string> Warnings => Context.AdapterPath is { } path && PeftFiles.IsAdapter(path) && PeftFiles.UnknownKeys(path) is { Count: > 0 } keys
        ? [$"{path}: adapter_config.json sets {string.Join(", ", keys)}, which Attune does not know: the adapter may mean something else"]
        : [];

    /// <summary>Opens a model.</summary>
    /// <param name="path">The model's folder, or an adapter's folder that names its base.</param>
    /// <param name="adapter">The adapter's folder, or null.</param>
    /// <param name="template">See <see cref="ModelContext.Open"/>.</param>
    /// <param name="backend">Runs the kernels.</param>
    public static InferenceModel Open(string path, string? adapter, string? template, Backend backend) =>
        OpenWith(path, adapter is null ? [] : [new WeightedAdapter(adapter, 1)], template, backend);

    /// <summary>Opens a model with any number of adapters, each scaled, added up.</summary>
    /// <param name="path">The model's folder, or an adapter's folder that names its base.</param>
    /// <param name="adapters">Several only of the low-rank kind, of one base and one template.</param>
    /// <param name="template">See <see cref="ModelContext.Open"/>.</param>
    /// <param name="backend">Runs the kernels.</param>
    public static InferenceModel OpenWith(string path, IReadOnlyList<WeightedAdapter> adapters, string? template, Backend backend)
    {
        var context = ModelContext.Open(path, adapters.Count > 0 ? adapters[0].Path : null, template);
        try
        {
            if (context.Folder.HeldAs is not null && adapters is not ([] or [{ Weight: 1 }]))
                throw new UserErrorException($"--adapter {adapters[0].Path}", "was tuned on a quantised base, and what corrects one base for one adapter does not add up", "merge it alone, or tune with method.base: stored what is to be scaled or added");
            foreach (var further in adapters.Skip(1))
                context.RequireAlike(further.Path);
            var decoder = context.Folder.BuildFrozen();
            IReadOnlyList<WeightedAdapter> all = adapters.Count == 0 && context.AdapterPath is { } named ? [new WeightedAdapter(named, 1)] : adapters;
            var isAlone = all is [{ Weight: 1 } one] && WeightFiles.IsThere(one.Path);
            return new InferenceModel(context, decoder, all.Count == 0 || isAlone ? null : WeightedAdapter.Load(all, decoder), all, backend);
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>An adapter's folder on a base that is open, and stays open when the result is closed.</summary>
    internal static InferenceModel Over(ModelContext context, string adapter, Backend backend)
    {
        var decoder = context.Folder.BuildFrozen();
        return new InferenceModel(context.With(adapter), decoder, PeftFiles.Load(adapter, decoder), [new WeightedAdapter(adapter, 1)], backend) { borrows = true };
    }

    /// <summary>The same model under another adapter; what is mapped stays this one's, and is not closed by the result.</summary>
    internal InferenceModel WithAdapters(AdapterSet adapters) => new(Context, Decoder, adapters, given, Backend) { borrows = true };

    /// <summary>SHA-256, in hex, over the weights as <see cref="ModelFolder.Fingerprint"/> takes them, and all that was tuned on them, by content.</summary>
    internal string Fingerprint() => WeightedAdapter.Fingerprint(Context.Folder, given);

    /// <summary>Memory for work whose arena part is <paramref name="arenaBytes"/>; refuses what does not fit.</summary>
    public Arena Reserve(long arenaBytes)
    {
        var adapterBytes = Adapters?.Parameters.Sum(static p => p.Value.Bytes) ?? 0;
        new InferencePlan(Context.Folder.WeightBytes + adapterBytes, arenaBytes).Require();
        return Arena.OfBytes(arenaBytes);
    }

    /// <summary>Writes one text per prompt; see <see cref="Generator.GenerateAll"/>.</summary>
    public Generated[] Generate(
        IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options, Action<int, string>? onText = null, CancellationToken cancel = default)
    {
        if (prompts.Count == 0)
            return [];
        var length = (int)Math.Min(Decoder.Spec.MaxPositions, prompts.Max(static p => p.Count) + (long)options.MaxNewTokens);
        using var arena = Reserve(Generator.Plan(Decoder, Backend, Adapters, prompts.Count, length));
        return new Generator(Decoder, Context.Tokenizer, Backend, arena, Adapters).GenerateAll(prompts, options, onText, cancel);
    }

    /// <summary>The ids of a prompt: the user's message in the template's words, or the text as it is.</summary>
    /// <param name="text">What the user gave.</param>
    /// <param name="raw">As it is, whatever the template.</param>
    public int[] Prompt(string text, bool raw) => raw ? Context.Text(text) : Context.Prompt([new ChatMessage("user", text)]);

    /// <inheritdoc />
    public void Dispose()
    {
        if (!borrows)
            Context.Dispose();
    }
}
