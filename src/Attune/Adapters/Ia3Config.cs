using System.Text.Json.Nodes;
using Attune.Formats;

namespace Attune.Adapters;

/// <summary>What adapter_config.json says of IA³.</summary>
internal static class Ia3Config
{
    private const string FeedForward = "feedforward_modules";

    /// <summary>IA³ (Liu et al. 2022).</summary>
    public static AdapterKind Row { get; } = new("ia3", "IA3", static _ => true, [FeedForward, "init_ia3_weights"], Read, Write);

    private static Ia3Options Read(JsonView view)
    {
        var targets = PeftConfig.ReadTargets(view);
        return new Ia3Options
        {
            Targets = targets,
            FeedForward = view.Json[FeedForward] is null or JsonArray { Count: 0 } ? LayerTargets.EndingOn([]) : PeftConfig.ReadTargets(view, FeedForward),
        };
    }

    private static void Write(AdapterSet adapters, JsonObject json)
    {
        var options = (Ia3Options)adapters.Options;
        // Nothing in this kind of file limits targets to some blocks: then every layer is named by its whole path.
        if (options.Targets.Layers is not null)
            json["target_modules"] = PeftConfig.List(adapters.All.Select(static a => a.Layer.Path));
        json[FeedForward] = PeftConfig.List(adapters.All.Where(a => options.FeedForward.Matches(a.Layer.Path))
            .Select(a => options.Targets.Layers is not null ? a.Layer.Path : options.FeedForward.Suffixes.FirstOrDefault(s => LayerTargets.EndingOn([s]).Matches(a.Layer.Path)) ?? a.Layer.Path).Distinct());
        json["init_ia3_weights"] = true;
    }
}
