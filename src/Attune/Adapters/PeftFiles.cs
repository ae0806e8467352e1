using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;

namespace Attune.Adapters;

/// <summary>LoRA adapters in PEFT's format on disk: adapter_config.json and adapter_model.safetensors.</summary>
public static class PeftFiles
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        IndentSize = 2,
        NewLine = "\n",
        // Regular expressions and paths stay readable.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    // What a reader of PEFT's own finds in every file; Attune's adapters leave all of these at PEFT's defaults.
    private static readonly string[] AlwaysNull =
        ["auto_mapping", "revision", "layers_pattern", "modules_to_save", "exclude_modules", "megatron_config", "corda_config", "eva_config"];

    // Takes layers out of what target_modules names, as Attune does not.
    private const string Excluding = "exclude_modules";

    // Keys that are read, or that describe rather than change what the adapter does.
    private static readonly string[] Known =
    [
        .. AlwaysNull, "layers_to_transform", "peft_type", "peft_version", "task_type", "base_model_name_or_path", "inference_mode", "r", "lora_alpha", "lora_dropout", "target_modules", "bias",
        "fan_in_fan_out", "use_rslora", "use_dora", "init_lora_weights", "rank_pattern", "alpha_pattern", "loftq_config", "lora_bias", "megatron_core",
    ];

    /// <summary>Whether a folder holds an adapter.</summary>
    public static bool IsAdapter(string folder) => File.Exists(Path.Combine(folder, PeftNames.ConfigFile));

    /// <summary>Writes the adapter; each file appears whole or not at all.</summary>
    /// <param name="folder">Made if need be.</param>
    /// <param name="adapters">What to write; B·A as trained, F32.</param>
    /// <param name="basePath">Path or name of the base model, for the readers of others.</param>
    public static void Save(string folder, AdapterSet adapters, string basePath)
    {
        Directory.CreateDirectory(folder);
        var parameters = adapters.Parameters.ToDictionary(static p => p.Name, static p => p.Value);
        SafeTensorsWriter.Write(
            Path.Combine(folder, PeftNames.WeightsFile),
            parameters.Select(static p => new SafeTensorsDeclaration(p.Key, SafeTensorsType.F32, [p.Value.Rows, p.Value.Cols])),
            (declared, stream) =>
            {
                var value = parameters[declared.Name];
                for (var r = 0; r < value.Rows; r++)
                    stream.Write(MemoryMarshal.AsBytes(value.Row<float>(r)));
            },
            new Dictionary<string, string> { ["format"] = "pt" });
        AtomicFile.WriteText(Path.Combine(folder, PeftNames.ConfigFile), Describe(adapters, basePath).ToJsonString(Indented) + "\n");
    }

    /// <summary>Keys of adapter_config.json that are set and that Attune does not know: to be warned about, since they may change what the adapter means.</summary>
    public static IReadOnlyList<string> UnknownKeys(string folder) =>
        [.. JsonView.Read(Path.Combine(folder, PeftNames.ConfigFile)).Json.Where(static p => p.Value is not null && !Known.Contains(p.Key)).Select(static p => p.Key)];

    /// <summary>The base model that adapter_config.json names: a path or a name on the Hub; null where it names none.</summary>
    public static string? BasePath(string folder) => JsonView.Read(Path.Combine(folder, PeftNames.ConfigFile)).String("base_model_name_or_path");

    /// <summary>The options in adapter_config.json.</summary>
    /// <exception cref="UserErrorException">Not a LoRA adapter, or one with parts that Attune cannot apply.</exception>
    public static LoraOptions ReadOptions(string folder)
    {
        var view = JsonView.Read(Path.Combine(folder, PeftNames.ConfigFile));
        if (view.RequiredString("peft_type") is var kind and not "LORA")
            throw view.Wrong("peft_type", "LORA", kind);
        if (view.Bool("use_dora") == true)
            throw view.Wrong("use_dora", "false", "true", "merge the adapter with PEFT first");
        if (view.Strings("modules_to_save") is { Count: > 0 } saved)
            throw view.Wrong("modules_to_save", "none", string.Join(", ", saved), "merge the adapter with PEFT first");
        if (view.String("bias") is { } bias and not "none")
            throw view.Wrong("bias", "none", bias, "merge the adapter with PEFT first");
        if (view.Json[Excluding] is not null and not JsonArray { Count: 0 })
            throw view.Wrong(Excluding, "null", view.Json[Excluding]!.ToJsonString(), "say the same with target_modules, as one regular expression");
        return new LoraOptions
        {
            Rank = view.Int("r", 1, 1 << 16) ?? 8,
            Alpha = view.Int("lora_alpha", 1, 1 << 20) ?? 8,
            Dropout = (float)(view.Double("lora_dropout", 0, 1) ?? 0),
            RankStabilised = view.Bool("use_rslora") ?? false,
            Targets = ReadTargets(view),
            RankPattern = ReadPattern(view, "rank_pattern"),
            AlphaPattern = ReadPattern(view, "alpha_pattern"),
        };
    }

    /// <summary>The adapter in <paramref name="folder"/>, on <paramref name="model"/>, frozen.</summary>
    /// <exception cref="UserErrorException">It does not fit; every tensor that does not is named.</exception>
    public static AdapterSet Load(string folder, Decoder model)
    {
        var adapters = LoraAdapter.Attach(model, ReadOptions(folder), static info =>
            new Parameter(info.Name, Tensor.Allocate(DType.F32, info.Rows, info.Cols)));
        ReadInto(folder, adapters);
        return adapters;
    }

    /// <summary>Fills the parameters of <paramref name="adapters"/> from the file.</summary>
    /// <exception cref="UserErrorException">It does not fit; every tensor that does not is named.</exception>
    public static void ReadInto(string folder, AdapterSet adapters)
    {
        using var file = SafeTensorsFile.Open(Path.Combine(folder, PeftNames.WeightsFile));
        var problems = new List<Problem>();
        var read = new HashSet<string>(StringComparer.Ordinal);
        foreach (var p in adapters.Parameters)
        {
            read.Add(p.Name);
            if (!file.Entries.TryGetValue(p.Name, out var entry))
                problems.Add(new Problem(file.Path, $"{p.Name} is missing", "target_modules of adapter_config.json names a layer that the file has nothing for: the files do not belong together"));
            else if (!entry.Shape.SequenceEqual([p.Value.Rows, p.Value.Cols]))
                problems.Add(new Problem(file.Path, $"{p.Name} has shape [{string.Join(", ", entry.Shape)}], the model and its rank ask for [{p.Value.Rows}, {p.Value.Cols}]", "use the base model that the adapter was trained on"));
            else if (problems.Count == 0)
                p.Value.Write(file.ReadFloats(entry));
        }
        foreach (var extra in file.Entries.Keys.Where(n => !read.Contains(n)))
            problems.Add(new Problem(file.Path, $"{extra} belongs to no layer of this model", "use the base model that the adapter was trained on"));
        if (problems.Count > 0)
            throw new UserErrorException(problems);
    }

    private static JsonObject Describe(AdapterSet adapters, string basePath)
    {
        var options = adapters.Options;
        var json = new JsonObject
        {
            ["peft_type"] = "LORA",
            ["peft_version"] = "0.13.0",
            ["task_type"] = "CAUSAL_LM",
            ["base_model_name_or_path"] = basePath,
            ["inference_mode"] = true,
            ["r"] = options.Rank,
            ["lora_alpha"] = options.Alpha,
            ["lora_dropout"] = options.Dropout,
            ["target_modules"] = TargetsOnDisk(adapters),
            ["bias"] = "none",
            ["fan_in_fan_out"] = adapters.All.Any(static a => a.Layer.ByInputs),
            ["use_rslora"] = options.RankStabilised,
            ["use_dora"] = false,
            ["init_lora_weights"] = true,
            ["rank_pattern"] = Pattern(options.RankPattern),
            ["alpha_pattern"] = Pattern(options.AlphaPattern),
            ["loftq_config"] = new JsonObject(),
            ["lora_bias"] = false,
            ["megatron_core"] = "megatron.core",
        };
        foreach (var key in AlwaysNull)
            json[key] = null;
        json["layers_to_transform"] = NamesPaths(adapters.Options.Targets) || adapters.Options.Targets.Layers is not { } layers
            ? null
            : new JsonArray([.. layers.Select(static i => (JsonNode)i)]);
        if (json["layers_to_transform"] is not null && adapters.Options.Targets.Containers is { Count: > 0 } containers)
            json["layers_pattern"] = new JsonArray([.. containers.Select(static c => (JsonNode)c)]);
        return new JsonObject(json.OrderBy(static p => p.Key, StringComparer.Ordinal).Select(static p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));
    }

    // Written out rather than as "all-linear": not every reader knows the word, and some count the head among them.
    private static JsonNode TargetsOnDisk(AdapterSet adapters)
    {
        var targets = adapters.Options.Targets;
        if (NamesPaths(targets))
            return new JsonArray([.. adapters.All.Select(static a => (JsonNode)a.Layer.Path)]);
        if (targets.Expression is { } expression and not LayerTargets.AllLinearWord)
            return expression;
        var endings = targets.Expression is null
            ? targets.Suffixes
            : adapters.All.Select(static a => a.Layer.Ending).Distinct();
        return new JsonArray([.. endings.Order(StringComparer.Ordinal).Select(static e => (JsonNode)e)]);
    }

    // PEFT takes no indices of blocks beside a regular expression: then every adapted layer is named by its whole path.
    private static bool NamesPaths(LayerTargets targets) => targets.Layers is not null && targets.Expression is not null and not LayerTargets.AllLinearWord;

    private static JsonObject Pattern(IReadOnlyDictionary<string, int> pattern) =>
        new(pattern.Select(static p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));

    private static LayerTargets ReadTargets(JsonView view)
    {
        var layers = view.IntOrList("layers_to_transform", 0, 1 << 16);
        var containers = view.Json["layers_pattern"] is JsonValue ? [view.RequiredString("layers_pattern")] : view.Strings("layers_pattern") ?? [];
        if (view.Json["target_modules"] is not JsonValue)
        {
            var targets = view.Strings("target_modules") is { Count: > 0 } endings
                ? LayerTargets.EndingOn(endings)
                : throw view.Wrong("target_modules", "a list of module names, or one regular expression", "nothing");
            return layers.Count == 0 ? targets : targets.InBlocks(layers, containers);
        }
        if (layers.Count > 0)
            throw view.Wrong("layers_to_transform", "null beside a target_modules that is one regular expression, as PEFT asks", string.Join(", ", layers), "say the same in the expression");
        return CheckExpression(view, "target_modules", view.RequiredString("target_modules"));
    }

    private static LayerTargets CheckExpression(JsonView view, string key, string expression)
    {
        try
        {
            return LayerTargets.Matching(expression);
        }
        catch (RegexParseException e)
        {
            throw view.Wrong(key, "a regular expression", $"\"{expression}\" ({e.Message})");
        }
    }

    private static Dictionary<string, int> ReadPattern(JsonView view, string key)
    {
        if (view.Object(key) is not { } pattern)
            return [];
        foreach (var (name, _) in pattern.Json)
            CheckExpression(view, key, name);
        return pattern.Json.ToDictionary(static p => p.Key, p => pattern.RequiredInt(p.Key, 1, 1 << 20));
    }
}
