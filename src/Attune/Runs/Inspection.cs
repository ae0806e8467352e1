using System.Text.Json.Nodes;
using Attune.Adapters;
using Attune.Formats;
using Attune.Formats.Gguf;
using Attune.Models;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Text;

namespace Attune.Runs;

/// <summary>What a folder or file is, as a JSON document that is also fit to be shown as text: <c>kind</c> first.</summary>
public static class Inspection
{
    /// <summary>Looks at a model's, adapter's or run's folder, or at a safetensors or GGUF file.</summary>
    /// <exception cref="UserErrorException">It is none of these, or damaged.</exception>
    public static JsonObject Of(string path)
    {
        if (GgufFile.IsNamedSo(path) && File.Exists(path))
            return Gguf(path);
        if (File.Exists(path))
        {
            return path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)
                ? Tensors(path)
                : throw new UserErrorException(path, "is a file that is not called *.safetensors or *.gguf", "give a safetensors or GGUF file, or the folder of a model, an adapter or a run");
        }
        if (!Directory.Exists(path))
            throw new UserErrorException(path, "there is nothing here", "check the path");
        if (File.Exists(Path.Combine(path, "manifest.json")) || File.Exists(Path.Combine(path, "recipe.yaml")))
            return Run(RunDirectory.Existing(path));
        if (PeftFiles.IsAdapter(path))
            return Adapter(path);
        if (WeightFiles.IsThere(path))
            return TunedWeights(path);
        return File.Exists(Path.Combine(path, HfConfig.FileName))
            ? Model(path)
            : throw new UserErrorException(path, "is the folder of no model (config.json), adapter (adapter_config.json) or run (recipe.yaml)", "give one of these");
    }

    private static JsonObject Gguf(string path)
    {
        using var file = GgufFile.Open(path);
        var isModel = file.Metadata.String("general.type") is null or "model" && file.Tensors.Count > 0;
        var facts = isModel ? Model(path) : new JsonObject { ["kind"] = file.Metadata.String("general.type") ?? "gguf" };
        var types = new JsonObject();
        foreach (var type in file.Tensors.Values.GroupBy(static t => t.Type.Name))
            types[type.Key] = type.Count();
        facts["weight_types"] = types;
        facts["tensors"] = file.Tensors.Count;
        facts["keys"] = Texts(file.Metadata.Keys);
        return facts;
    }

    private static JsonObject Model(string path)
    {
        var hasWeights = File.Exists(path) || Directory.EnumerateFiles(path, "*.safetensors").Any();
        using var model = ModelContext.Open(path, withWeights: hasWeights);
        var (folder, spec) = (model.Folder, model.Folder.Spec);
        var infos = folder.Parameters;
        var byRole = new JsonObject();
        foreach (var role in infos.GroupBy(static i => i.Role))
            byRole[role.Key.ToString().ToLowerInvariant()] = role.Sum(static i => (long)i.Rows * i.Cols);
        return new JsonObject
        {
            ["kind"] = "model",
            ["family"] = folder.Family.ModelType,
            ["parameters"] = infos.Sum(static i => (long)i.Rows * i.Cols),
            ["parameters_by_role"] = byRole,
            ["layers"] = spec.Layers,
            ["hidden"] = spec.Hidden,
            ["feed_forward"] = spec.FeedForward,
            ["heads"] = spec.Heads,
            ["key_heads"] = spec.KeyHeads,
            ["head_size"] = spec.HeadSize,
            ["vocabulary"] = spec.Vocabulary,
            ["positions"] = spec.MaxPositions,
            ["position_kind"] = spec.Rope is null ? "learned" : "rotary",
            ["linear_layers"] = Texts(folder.Build(DecoderBuilder.Pretend).Linears.Select(static l => l.Ending).Distinct()),
            ["tied_head"] = spec.TiedHead,
            ["weights"] = hasWeights,
            ["weight_types"] = File.Exists(path) ? null : Types(path),
            ["weight_bytes"] = folder.WeightBytes,
            ["unused_tensors"] = Texts(folder.UnusedTensors),
            ["tokenizer"] = TokenizerFacts(model.Tokenizer),
            ["template"] = model.Template is not null,
            ["template_sha256"] = model.Template?.Hash,
            ["stop_tokens"] = new JsonArray([.. model.StopIds.Select(id => (JsonNode)new JsonObject { ["id"] = id, ["text"] = model.Tokenizer.TokenText(id) })]),
        };
    }

    private static JsonObject Types(string path)
    {
        var types = new JsonObject();
        foreach (var file in Directory.EnumerateFiles(path, "*.safetensors").Order(StringComparer.Ordinal))
        {
            using var open = SafeTensorsFile.Open(file);
            foreach (var type in open.Entries.Values.GroupBy(static e => e.Type.ToString()))
                types[type.Key] = (types[type.Key]?.GetValue<int>() ?? 0) + type.Count();
        }
        return types;
    }

    private static JsonObject TokenizerFacts(Tokenizer tokenizer)
    {
        string? TextOf(int? id) => id is { } known ? tokenizer.TokenText(known) : null;
        return new JsonObject
        {
            ["tokens"] = tokenizer.VocabularySize,
            ["bos"] = TextOf(tokenizer.BosId),
            ["eos"] = TextOf(tokenizer.EosId),
            ["pad"] = TextOf(tokenizer.PadId),
            ["sha256"] = tokenizer.Hash,
        };
    }

    private static JsonObject Adapter(string path)
    {
        var options = PeftFiles.ReadOptions(path);
        using var file = SafeTensorsFile.Open(Path.Combine(path, PeftNames.WeightsFile));
        var facts = new JsonObject { ["kind"] = "adapter", ["method"] = options.Kind.Name };
        foreach (var (name, value) in options.Facts)
            facts[name] = value;
        facts["targets"] = options.Targets.ToString();
        facts["layers"] = file.Entries.Keys.Select(PeftNames.LayerOf).Distinct().Count();
        facts["parameters"] = file.Entries.Values.Sum(static e => e.ElementCount);
        facts["base"] = PeftFiles.BasePath(path);
        facts["unknown_keys"] = Texts(PeftFiles.UnknownKeys(path));
        facts["origin"] = Origin(path);
        return facts;
    }

    private static JsonObject? Origin(string path) => AdapterOrigin.Read(path) is not { } origin ? null : new JsonObject
    {
        ["vocabulary"] = origin.Vocabulary,
        ["base_fingerprint"] = origin.BaseFingerprint,
        ["tokenizer_sha256"] = origin.TokenizerHash,
        ["template_sha256"] = origin.TemplateHash,
    };

    private static JsonObject TunedWeights(string path)
    {
        var facts = Tensors(Path.Combine(path, WeightFiles.FileName));
        facts["kind"] = "tuned weights";
        facts["base"] = WeightFiles.BasePath(path);
        facts["origin"] = Origin(path);
        return facts;
    }

    private static JsonObject Tensors(string path)
    {
        using var file = SafeTensorsFile.Open(path);
        var metadata = new JsonObject();
        foreach (var (key, value) in file.Metadata.OrderBy(static m => m.Key, StringComparer.Ordinal))
            metadata[key] = value;
        return new JsonObject
        {
            ["kind"] = "safetensors",
            ["tensors"] = file.Entries.Count,
            ["elements"] = file.Entries.Values.Sum(static e => e.ElementCount),
            ["bytes"] = file.Entries.Values.Sum(static e => e.ByteLength),
            ["metadata"] = metadata,
            ["entries"] = new JsonArray([.. file.Entries.Values.OrderBy(static e => e.Offset).Select(static e => (JsonNode)new JsonObject
            {
                ["name"] = e.Name,
                ["type"] = e.Type.ToString(),
                ["shape"] = new JsonArray([.. e.Shape.Select(static d => (JsonNode)d)]),
            })]),
        };
    }

    private static JsonObject Run(RunDirectory run)
    {
        var recipe = RecipeReader.ReadFile(run.Recipe);
        var settings = new JsonObject();
        foreach (var key in RecipeKeys.All.Where(k => k.Idle(recipe) is null))
            settings[key.Name] = key.Write(recipe);
        var saved = new[] { run.Adapter, run.Model }.FirstOrDefault(Directory.Exists);
        var lines = File.Exists(run.Metrics) ? MetricsLog.Read(run.Metrics) : [];
        var manifest = File.Exists(run.Manifest) ? Manifest.Load(run.Manifest) : null;
        return new JsonObject
        {
            ["kind"] = "run",
            ["state"] = manifest is not null ? "done" : $"not done: go on with attune train --resume {run.Path}",
            ["steps"] = lines.Where(static l => l.Kind == "step").Select(static l => l.Step).DefaultIfEmpty(0).Max(),
            ["lowest_validation_loss"] = lines.Where(static l => l.Kind == "valid").Select(static l => (double?)l["loss"]).Min(),
            ["result"] = saved,
            ["report"] = File.Exists(run.ReportHtml) ? run.ReportHtml : null,
            ["attune"] = manifest?.Attune,
            ["recipe"] = settings,
        };
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(static t => (JsonNode)t)]);
}
