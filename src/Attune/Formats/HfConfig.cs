namespace Attune.Formats;

/// <summary>
/// A Hugging Face <c>config.json</c>: the keys that mean the same for every family, read with checks; the family's own keys through
/// <see cref="Keys"/>. Old and new places of moved keys are both read, and what was read can be written back.
/// Source: huggingface/transformers, configuration_NAME.py.
/// </summary>
public sealed class HfConfig
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "config.json";

    private HfConfig(JsonView keys)
    {
        Keys = keys;
        ModelType = keys.RequiredString("model_type");
        Architecture = keys.Strings("architectures") is { Count: > 0 } names ? names[0] : null;
        VocabSize = keys.RequiredInt("vocab_size", min: 1);
        EosTokenIds = keys.IntOrList("eos_token_id", min: 0, max: VocabSize - 1);
        BosTokenId = keys.Int("bos_token_id", min: 0, max: VocabSize - 1);
        // Early Llama files say -1 for "none".
        PadTokenId = keys.Int("pad_token_id", min: -1) is { } pad and >= 0 ? pad : null;
        TieWordEmbeddings = keys.Bool("tie_word_embeddings");
        WeightType = ReadWeightType(keys);
        RopeTheta = ReadRopeTheta(keys);
        RopeScaling = ReadRopeScaling(keys);
        RopeType = RopeScaling is null ? "default" : TypeOf(RopeScaling);
    }

    /// <summary>All keys, for what only one family has.</summary>
    public JsonView Keys { get; }

    /// <summary>The family: <c>llama</c>, <c>qwen2</c> …</summary>
    public string ModelType { get; }

    /// <summary>The first of <c>architectures</c> (<c>LlamaForCausalLM</c>); null where the file names none.</summary>
    public string? Architecture { get; }

    /// <summary>Rows of the embedding.</summary>
    public int VocabSize { get; }

    /// <summary>The ids that end a text; the file may hold one or a list. Empty where it holds none.</summary>
    public IReadOnlyList<int> EosTokenIds { get; }

    /// <summary>The id that begins a text, if any.</summary>
    public int? BosTokenId { get; }

    /// <summary>The id of padding, if any; it may lie outside of the vocabulary and is not used by the model.</summary>
    public int? PadTokenId { get; }

    /// <summary>Whether the head is the embedding; null where the file is silent and the family's default holds.</summary>
    public bool? TieWordEmbeddings { get; }

    /// <summary>What <c>dtype</c> (earlier <c>torch_dtype</c>) says the weights are; the tensors in the files are the authority.</summary>
    public SafeTensorsType? WeightType { get; }

    /// <summary>Base of the rotary frequencies, from <c>rope_theta</c> or <c>rope_parameters.rope_theta</c>; null where the file is silent.</summary>
    public double? RopeTheta { get; }

    /// <summary>The parameters of a scaled RoPE, from <c>rope_scaling</c> or <c>rope_parameters</c>; null where RoPE is plain.</summary>
    public JsonView? RopeScaling { get; }

    /// <summary>The kind of RoPE scaling: <c>default</c>, <c>llama3</c>, <c>linear</c> …</summary>
    public string RopeType { get; }

    /// <summary>Reads <c>config.json</c> of a model folder.</summary>
    public static HfConfig ReadFolder(string folder) => new(JsonView.Read(Path.Combine(folder, FileName)));

    /// <summary>Reads <c>config.json</c> of a model's files.</summary>
    public static HfConfig Read(ModelFiles files) => new(JsonView.Parse(files.Place(FileName), files.Read(FileName)));

    /// <summary>Reads a configuration from a view that the caller has.</summary>
    public static HfConfig From(JsonView keys) => new(keys);

    /// <summary>Writes what was read, and what the caller has since set in <see cref="JsonView.Json"/> of <see cref="Keys"/>.</summary>
    public void WriteFolder(string folder) => AtomicFile.WriteText(Path.Combine(folder, FileName), Keys.ToText());

    private static SafeTensorsType? ReadWeightType(JsonView keys)
    {
        var key = keys.Json["dtype"] is null ? "torch_dtype" : "dtype";
        return keys.String(key) switch
        {
            null or "auto" => null,
            "float32" => SafeTensorsType.F32,
            "bfloat16" => SafeTensorsType.BF16,
            "float16" => SafeTensorsType.F16,
            "float64" => SafeTensorsType.F64,
            var other => throw keys.Wrong(key, "float32, bfloat16, float16 or float64", $"\"{other}\""),
        };
    }

    private static double? ReadRopeTheta(JsonView keys)
    {
        var old = keys.Double("rope_theta", min: double.Epsilon);
        var moved = keys.Object("rope_parameters")?.Double("rope_theta", min: double.Epsilon);
        return old is null || moved is null || old == moved
            ? old ?? moved
            : throw keys.Wrong("rope_theta", $"the {moved} of rope_parameters", $"{old}", "keep one of the two");
    }

    private static JsonView? ReadRopeScaling(JsonView keys)
    {
        var old = keys.Object("rope_scaling");
        var scaling = old is null || TypeOf(old) == "default" ? keys.Object("rope_parameters") : old;
        return scaling is null || TypeOf(scaling) == "default" ? null : scaling;
    }

    private static string TypeOf(JsonView scaling) => scaling.String("rope_type") ?? scaling.String("type") ?? "default";
}
