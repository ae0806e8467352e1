using System.Security.Cryptography;
using System.Text;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Formats;
using Attune.Formats.Gguf;
using Attune.Models.Gguf;
using Attune.Problems;

namespace Attune.Models;

/// <summary>
/// A model's files, a Hugging Face folder or one GGUF file: configuration, and the weights mapped into memory, which are read when first
/// used and never copied while frozen (but for the rows that GGUF keeps in another order).
/// </summary>
public sealed class ModelFolder : IDisposable
{
    private IWeightStore? weights;
    private HeldWeights? held;

    // Weights that stand in the place of the files'.
    private IReadOnlyDictionary<string, Tensor> replaced = new Dictionary<string, Tensor>();

    // Files of the bare model, saved without its head, leave the prefix out: GPT-2's own do.
    private bool isBare;

    private ModelFolder(ModelFiles files, HfConfig config, ModelFamily family, DecoderSpec spec, IWeightStore? weights) =>
        (Files, Config, Family, Spec, this.weights, Parameters) = (files, config, family, spec, weights, DecoderBuilder.Describe(family, spec));

    /// <summary>The folder or file.</summary>
    public string Path => Files.Path;

    /// <summary>Its small files: configuration, tokenizer, chat template.</summary>
    public ModelFiles Files { get; }

    /// <summary>Its config.json, or what says the same.</summary>
    public HfConfig Config { get; }

    /// <summary>The family that config.json names.</summary>
    public ModelFamily Family { get; }

    /// <summary>Sizes.</summary>
    public DecoderSpec Spec { get; }

    /// <summary>Whether there are weights: false for a configuration that a model is to be trained from.</summary>
    public bool HasWeights => weights is not null;

    /// <summary>Bytes of all weights as they are held: mapped from the files, copied out of them, or quantised.</summary>
    public long WeightBytes => weights is null ? 0 : weights.Entries.Values.Sum(static e => e.Bytes) + weights.CopiedBytes + (held?.Bytes ?? 0) - (held?.StoredBytes ?? 0);

    /// <summary>Bytes that quantising takes beside <see cref="WeightBytes"/> at its peak; 0 where the weights are held as they are stored.</summary>
    public long LoadingBytes => held?.LoadingBytes ?? 0;

    /// <summary>The format that matrices of linear layers are held in, rather than the files'; null where they are held as they are stored.</summary>
    public DType? HeldAs => held?.Type;

    /// <summary>How many matrices are held in that format.</summary>
    public int HeldMatrices => held?.Count ?? 0;

    /// <summary>Whether matrices of linear layers lie otherwise here than in the family's own checkpoints: written back, they are turned.</summary>
    public bool HoldsTransposes => Family.Names.LinearsByInputs != ModelFamilies.Of(Config).Names.LinearsByInputs;

    /// <summary>The type in which the model is saved unless another is asked for: the one that config.json names, where models are written in it, else F32.</summary>
    public SafeTensorsType SavedAs => Config.WeightType is SafeTensorsType.BF16 or SafeTensorsType.F16 ? Config.WeightType.Value : SafeTensorsType.F32;

    /// <summary>Tensors in the files that the model has no place for.</summary>
    public IReadOnlyList<string> UnusedTensors { get; private set; } = [];

    /// <summary>Opens a folder and checks every weight's name, shape and type against the configuration, all at once.</summary>
    /// <exception cref="UserErrorException">Something is missing or does not fit.</exception>
    public static ModelFolder Open(string path) => Open(path, needsWeights: true);

    /// <summary>Opens a folder whose model has still to be trained: config.json suffices, weights are not looked at.</summary>
    public static ModelFolder OpenConfiguration(string path) => Open(path, needsWeights: false);

    /// <summary>The tokenizer's files alone, of a folder or a GGUF file; there need be no weights.</summary>
    public static ModelFiles TokenizerFiles(string path)
    {
        if (!GgufFile.IsNamedSo(path))
            return ModelFiles.InFolder(path);
        using var file = GgufFile.Open(path);
        return ModelFiles.Made(path, new GgufTokenizerReader(file.Metadata).Files());
    }

    /// <summary>Every weight of the model, in the order in which a forward reads them.</summary>
    public IReadOnlyList<ParameterInfo> Parameters { get; }

    /// <summary>A decoder over parameters that <paramref name="source"/> makes.</summary>
    public Decoder Build(ParameterSource source) => DecoderBuilder.Build(Family, Spec, source);

    /// <summary>A decoder over the weights as they are held, all frozen.</summary>
    public Decoder BuildFrozen() => Build(Frozen);

    /// <summary>The name that a weight has in this folder's files.</summary>
    public string NameInFile(ParameterInfo info) => NameInFile(info.Name);

    /// <summary>The same model with its first blocks only, over the same mapped weights: it lives as long as this and is not disposed.</summary>
    public ModelFolder WithBlocks(int count) => new(Files, Config, Family, Spec with { Layers = count }, weights) { isBare = isBare, held = held, replaced = replaced };

    /// <summary>
    /// The same model over the same mapped files, with the matrices of its linear layers held as <paramref name="type"/> and quantised when they
    /// are first read. Embedding, untied head, norms, biases, matrices whose rows are no whole blocks of the type, and those that a GGUF file has
    /// in blocks already, stay as they are stored. It stands in place of this one: one of the two is disposed.
    /// </summary>
    /// <param name="type">Int8 or NF4; null for all as they are stored.</param>
    /// <param name="trains">Weights that train, and begin with what is stored; null for none.</param>
    public ModelFolder In(DType? type, Func<ParameterInfo, bool>? trains = null) => new(Files, Config, Family, Spec, weights)
    {
        isBare = isBare,
        UnusedTensors = UnusedTensors,
        replaced = replaced,
        held = type is { } format && weights is not null ? new HeldWeights(format, Parameters.Where(i => trains?.Invoke(i) != true).Select(i => (i, Entry(i.Name)!.Type!.Value))) : null,
    };

    /// <summary>The same model over the same mapped files, with some weights in the place of the files'. It stands in place of this one: one of the two is disposed.</summary>
    /// <param name="weights">By name, in the shape of the model's.</param>
    public ModelFolder With(IReadOnlyDictionary<string, Tensor> weights) => new(Files, Config, Family, Spec, this.weights)
    {
        isBare = isBare,
        UnusedTensors = UnusedTensors,
        held = held,
        replaced = weights,
    };

    /// <summary>The frozen weight of that description, as it is held.</summary>
    public Parameter Frozen(ParameterInfo info) => new(info.Name, Weight(info));

    /// <summary>The same for a plan, which asks for shape and type alone: nothing is quantised for it.</summary>
    public Parameter Planned(ParameterInfo info) => held?.Holds(info) == true ? new(info.Name, held.Planned(info)) : Frozen(info);

    /// <summary>The values of a weight that run: quantised where they are held so, mapped in the file's own type otherwise.</summary>
    public Tensor Weight(ParameterInfo info) => held?.Holds(info) == true ? held.Of(info, Stored) : Stored(info);

    /// <summary>Quantises everything that is held in a format of its own and was not read yet, in the order of the forward.</summary>
    /// <param name="progress">Gets how many matrices are done.</param>
    /// <param name="cancel">Looked at between matrices.</param>
    public void Quantise(Action<int> progress, CancellationToken cancel)
    {
        var done = 0;
        foreach (var info in Parameters.Where(i => held?.Holds(i) == true))
        {
            cancel.ThrowIfCancellationRequested();
            Weight(info);
            progress(++done);
        }
    }

    /// <summary>Says that the weights, if there are any, were read and will not be for some time: until then their pages need not stay in memory.</summary>
    public void WasRead()
    {
        foreach (var info in HasWeights ? Parameters : [])
            Stored(info).Block.Storage.WasRead();
    }

    /// <summary>The values of a weight that the files hold, whatever runs in their place: for what is known by its files, and for weights that are copied to train.</summary>
    public Tensor Stored(ParameterInfo info)
    {
        if (replaced.TryGetValue(info.Name, out var other))
            return other;
        var entry = Entry(info.Name) ?? throw new InvalidOperationException($"{info.Name} was checked on opening and is gone");
        return weights!.Map(entry, info.Rows, info.Cols);
    }

    /// <summary>
    /// A fingerprint of the weights: SHA-256, in hex, over every tensor's name, type, shape and its first and last 64 KB. Any tuning
    /// changes it, and it takes milliseconds where hashing gigabytes would not.
    /// </summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var info in Parameters.OrderBy(static i => i.Name, StringComparer.Ordinal))
        {
            var tensor = Stored(info);
            hash.AppendData(Encoding.UTF8.GetBytes($"{info.Name} {tensor}\n"));
            const int window = 65536;
            var edge = Math.Max(1, Math.Min(tensor.Rows, (int)(window / Math.Max(1, tensor.PitchBytes))));
            for (var r = 0; r < edge; r++)
                hash.AppendData(tensor.RowBytes(r));
            for (var r = Math.Max(edge, tensor.Rows - edge); r < tensor.Rows; r++)
                hash.AppendData(tensor.RowBytes(r));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>
    /// Lets go of the weights, once everything has been copied out of them: no tensor that came from here may be used any more.
    /// Configuration and sizes stay.
    /// </summary>
    public void ReleaseWeights()
    {
        weights?.Dispose();
        weights = null;
        held?.Dispose();
        held = null;
    }

    /// <inheritdoc />
    public void Dispose() => ReleaseWeights();

    private static ModelFolder Open(string path, bool needsWeights)
    {
        if (GgufFile.IsNamedSo(path) && File.Exists(path))
            return OpenGguf(path);
        if (!Directory.Exists(path))
        {
            throw new UserErrorException(
                path,
                File.Exists(path) ? "is a file; a model is a folder with config.json and safetensors, or a .gguf file" : "there is no such folder",
                "give the folder of a Hugging Face model");
        }
        var files = ModelFiles.InFolder(path);
        var config = HfConfig.Read(files);
        var family = ModelFamilies.Of(config);
        var spec = family.ReadSpec(config);
        return needsWeights
            ? new ModelFolder(files, config, family, spec, new SafeTensorsStore(SafeTensorsModel.Open(path))).Checked()
            : new ModelFolder(files, config, family, spec, null);
    }

    private static ModelFolder OpenGguf(string path)
    {
        var file = GgufFile.Open(path);
        try
        {
            var files = GgufModelFiles.Of(file);
            var config = HfConfig.Read(files);
            var family = ModelFamilies.Of(config);
            // The file holds every matrix by outputs, whatever the family's checkpoints do.
            family = family with { Names = family.Names with { LinearsByInputs = false } };
            var spec = family.ReadSpec(config);
            var places = GgufLayout.Of(GgufArchitectures.Of(file.Metadata), family.Names, spec, DecoderBuilder.Describe(family, spec));
            return new ModelFolder(files, config, family, spec, new GgufStore(file, places, spec.HeadSize)).Checked();
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private ModelFolder Checked()
    {
        try
        {
            CheckWeights();
            return this;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private string Head => Family.Names.Weight(ModulePart.Head);

    private string Embedding => Family.Names.Weight(ModulePart.Embedding);

    private string NameInFile(string name) =>
        isBare && name.StartsWith(Family.Names.Prefix, StringComparison.Ordinal) ? name[Family.Names.Prefix.Length..] : name;

    private StoredWeight? Entry(string name)
    {
        var entries = (weights ?? throw new InvalidOperationException($"{name} is asked for, but the weights of {Path} are not open")).Entries;
        if (entries.TryGetValue(NameInFile(name), out var entry))
            return entry;
        // A tied model's one table stands under the embedding's name as a rule, under the head's in some files.
        return Spec.TiedHead && name == Embedding ? entries.GetValueOrDefault(Head) : null;
    }

    private void CheckWeights()
    {
        isBare = !weights!.Entries.Keys.Any(n => n.StartsWith(Family.Names.Prefix, StringComparison.Ordinal));
        var problems = new List<Problem>();
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var info in Parameters)
        {
            if (Entry(info.Name) is not { } entry)
            {
                problems.Add(new Problem(Path, $"the weight {info.Name} [{info.Rows}, {info.Cols}] is missing", MissingRemedy(info)));
                continue;
            }
            used.Add(entry.Name);
            if (!entry.Shape.SequenceEqual(info.Shape))
                problems.Add(new Problem(Path, $"the weight {info.Name} has shape [{string.Join(", ", entry.Shape)}], config.json asks for [{string.Join(", ", info.Shape)}]", "the folder's files do not belong together: get the model again"));
            if (entry.Type is null)
                problems.Add(new Problem(Path, $"the weight {info.Name} is stored as {entry.TypeName}; Attune reads {weights.Readable}", "convert the model to one of these types"));
        }
        if (problems.Count == 0 && Spec.TiedHead)
            CheckTie(used, problems);
        if (problems.Count > 0)
            throw new UserErrorException(problems);
        UnusedTensors = [.. weights!.Entries.Keys.Where(n => !used.Contains(n) && !Family.Names.Ignored.Any(end => n.EndsWith(end, StringComparison.Ordinal))).Order(StringComparer.Ordinal)];
    }

    private static bool HaveSameBytes(Tensor a, Tensor b) => Enumerable.Range(0, a.Rows).All(r => a.RowBytes(r).SequenceEqual(b.RowBytes(r)));

    private string MissingRemedy(ParameterInfo info) => info.Name == Head
        ? "if the model shares its embedding with its head, set \"tie_word_embeddings\": true in config.json"
        : "the files are incomplete: get the model again";

    // A tied model whose file holds a head of its own with other values is two models in one: which is meant must be said.
    private void CheckTie(HashSet<string> used, List<Problem> problems)
    {
        var (table, head) = (NameInFile(Embedding), Head);
        if (!weights!.Entries.TryGetValue(table, out var first) || !weights.Entries.TryGetValue(head, out var second))
            return;
        used.Add(head);
        var same = first.Type == second.Type && first.Shape.SequenceEqual(second.Shape) && HaveSameBytes(
            weights.Map(first, Spec.Vocabulary, Spec.Hidden), weights.Map(second, Spec.Vocabulary, Spec.Hidden));
        if (!same)
            problems.Add(new Problem(Path, $"config.json ties the head to the embedding, but {head} differs from {table}", "set \"tie_word_embeddings\": false if the head is meant, or remove it from the file"));
    }
}
