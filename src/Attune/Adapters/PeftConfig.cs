using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Attune.Formats;

namespace Attune.Adapters;

/// <summary>adapter_config.json: what is the same in every kind of adapter. The rest is the kind's own.</summary>
internal static class PeftConfig
{
    // Takes layers out of what target_modules names, as Attune does not.
    private const string Excluding = "exclude_modules";

    // What a reader of PEFT's own finds in every file; Attune's adapters leave all of these at PEFT's defaults.
    private static readonly string[] AlwaysNull = ["auto_mapping", "revision", "modules_to_save", Excluding];

    // Keys that are read, or that describe rather than change what the adapter does.
    private static readonly string[] Known = [.. AlwaysNull, "peft_type", "peft_version", "task_type", "base_model_name_or_path", "inference_mode", "target_modules", "fan_in_fan_out"];

    /// <summary>Options of the kind that the file is of.</summary>
    public static (AdapterKind Kind, AdapterOptions Options) Read(string folder)
    {
        var view = JsonView.Read(Path.Combine(folder, PeftNames.ConfigFile));
        var kind = AdapterKinds.Of(view);
        if (view.Strings("modules_to_save") is { Count: > 0 } saved)
            throw view.Wrong("modules_to_save", "none", string.Join(", ", saved), "merge the adapter with PEFT first");
        if (view.Json[Excluding] is not null and not JsonArray { Count: 0 })
            throw view.Wrong(Excluding, "null", view.Json[Excluding]!.ToJsonString(), "say the same with target_modules, as one regular expression");
        return (kind, kind.Read(view));
    }

    /// <summary>Keys that are set and that neither Attune nor the kind knows.</summary>
    public static IReadOnlyList<string> UnknownKeys(string folder)
    {
        var view = JsonView.Read(Path.Combine(folder, PeftNames.ConfigFile));
        var known = Known.Concat(AdapterKinds.Of(view).Keys).ToHashSet(StringComparer.Ordinal);
        return [.. view.Json.Where(p => p.Value is not null && !known.Contains(p.Key)).Select(static p => p.Key)];
    }

    /// <summary>The file's content, keys in order.</summary>
    /// <param name="adapters">What is described.</param>
    /// <param name="basePath">Path or name of the base model.</param>
    public static JsonObject Describe(AdapterSet adapters, string basePath)
    {
        var kind = adapters.Options.Kind;
        var json = new JsonObject
        {
            ["peft_type"] = kind.PeftType,
            ["peft_version"] = "0.13.0",
            ["task_type"] = "CAUSAL_LM",
            ["base_model_name_or_path"] = basePath,
            ["inference_mode"] = true,
            ["target_modules"] = TargetsOnDisk(adapters),
            ["fan_in_fan_out"] = adapters.All.Any(static a => a.Layer.ByInputs),
        };
        foreach (var key in AlwaysNull)
            json[key] = null;
        kind.Write(adapters, json);
        return new JsonObject(json.OrderBy(static p => p.Key, StringComparer.Ordinal).Select(static p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));
    }

    /// <summary>PEFT takes no indices of blocks beside a regular expression: then every adapted layer is named by its whole path.</summary>
    public static bool NamesPaths(LayerTargets targets) => targets.Layers is not null && targets.Expression is not null and not LayerTargets.AllLinearWord;

    /// <summary>A list as JSON.</summary>
    public static JsonArray List<T>(IEnumerable<T> items) => new([.. items.Select(static i => JsonValue.Create(i))]);

    /// <summary>A target_modules that is a list of endings, or one expression over whole paths.</summary>
    public static LayerTargets ReadTargets(JsonView view, string key = "target_modules")
    {
        if (view.Json[key] is JsonValue)
            return CheckExpression(view, key, view.RequiredString(key));
        return view.Strings(key) is { Count: > 0 } endings
            ? LayerTargets.EndingOn(endings)
            : throw view.Wrong(key, "a list of module names, or one regular expression", "nothing");
    }

    /// <summary>Layers that a regular expression of the file means.</summary>
    public static LayerTargets CheckExpression(JsonView view, string key, string expression)
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

    // Written out rather than as "all-linear": not every reader knows the word, and some count the head among them.
    private static JsonNode TargetsOnDisk(AdapterSet adapters)
    {
        var targets = adapters.Options.Targets;
        if (NamesPaths(targets))
            return List(adapters.All.Select(static a => a.Layer.Path));
        if (targets.Expression is { } expression and not LayerTargets.AllLinearWord)
            return expression;
        var endings = targets.Expression is null
            ? targets.Suffixes
            : adapters.All.Select(static a => a.Layer.Ending).Distinct();
        return List(endings.Order(StringComparer.Ordinal));
    }
}
