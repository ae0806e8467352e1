using System.Text.Json.Nodes;
using Attune.Models;

namespace Attune.Adapters;

/// <summary>What an adapter of the low-rank kind is made of, as PEFT's adapter_config.json says it.</summary>
public record LoraOptions : AdapterOptions
{
    /// <inheritdoc />
    public override AdapterKind Kind => LoraConfig.Row;

    /// <summary>Rank R of the update.</summary>
    public int Rank { get; init; } = 16;

    /// <summary>α; the update is scaled by α / R. Integral on disk, since some readers take nothing else.</summary>
    public int Alpha { get; init; } = 32;

    /// <summary>Share of the branch's input that is dropped in training.</summary>
    public float Dropout { get; init; }

    /// <summary>Scale by α / √R instead (Kalajdzievski 2023).</summary>
    public bool RankStabilised { get; init; }

    /// <summary>How much faster B learns than A (LoRA+, Hayou et al. 2024). In no file: it concerns training alone.</summary>
    public float RateOfB { get; init; } = 1;

    /// <summary>Ranks that differ, by path ending or regular expression (PEFT's <c>rank_pattern</c>).</summary>
    public IReadOnlyDictionary<string, int> RankPattern { get; init; } = new Dictionary<string, int>();

    /// <summary>Alphas that differ, by path ending or regular expression (PEFT's <c>alpha_pattern</c>).</summary>
    public IReadOnlyDictionary<string, int> AlphaPattern { get; init; } = new Dictionary<string, int>();

    /// <summary>Factor of B·A.</summary>
    public float Scale => RankStabilised ? Alpha / MathF.Sqrt(Rank) : (float)Alpha / Rank;

    /// <inheritdoc />
    public override IReadOnlyList<KeyValuePair<string, JsonNode>> Facts => [new("rank", Rank), new("alpha", Alpha), new("scale", Scale), new("dropout", Dropout), new("rank_stabilised", RankStabilised)];

    /// <inheritdoc />
    public override LayerAdapter Make(Linear layer, ParameterSource source) => new LoraAdapter(layer, this, source);

    /// <summary>The options of one layer, with what the patterns override.</summary>
    public LoraOptions For(string path) => this with { Rank = Override(RankPattern, path, Rank), Alpha = Override(AlphaPattern, path, Alpha) };

    // PEFT looks a key up as the regular expression (.*\.)?(key)$ from the start of the path; the first that matches counts.
    private static int Override(IReadOnlyDictionary<string, int> patterns, string path, int otherwise)
    {
        foreach (var (key, value) in patterns)
        {
            if (LayerTargets.Matching($@"(.*\.)?({key})").Matches(path))
                return value;
        }
        return otherwise;
    }
}
