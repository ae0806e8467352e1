using System.Text.Json.Nodes;
using Attune.Models;
using Attune.Problems;

namespace Attune.Adapters;

/// <summary>What the adapters of a model are made of, as PEFT's adapter_config.json says it. One derived record for each way to adapt a layer.</summary>
public abstract record AdapterOptions
{
    /// <summary>Which linear layers get one.</summary>
    public LayerTargets Targets { get; init; } = LayerTargets.AllLinear;

    /// <summary>The row of <see cref="AdapterKinds"/> that reads and writes these.</summary>
    public abstract AdapterKind Kind { get; }

    /// <summary>What a reader of an adapter may want to know, by name, beside its targets.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, JsonNode>> Facts { get; }

    /// <summary>The adapter of one layer, over parameters that <paramref name="source"/> makes.</summary>
    /// <param name="layer">A layer that <see cref="Targets"/> means.</param>
    /// <param name="source">Makes parameters from names and shapes.</param>
    public abstract LayerAdapter Make(Linear layer, ParameterSource source);

    /// <summary>Adapters on all layers that are targeted.</summary>
    /// <exception cref="UserErrorException">No layer is targeted.</exception>
    public AdapterSet Attach(Decoder model, ParameterSource source)
    {
        var infos = new List<ParameterInfo>();
        var adapters = model.Linears.Where(l => Targets.Matches(l.Path)).Select(l => Make(l, info =>
        {
            infos.Add(info);
            return source(info);
        })).ToArray();
        if (adapters.Length == 0)
        {
            var endings = model.Linears.Select(static l => l.Ending).Distinct();
            throw new UserErrorException("method.targets", $"no linear layer matches {Targets}", $"the model's layers end on: {string.Join(", ", endings)}");
        }
        return new AdapterSet(this, adapters, infos);
    }
}
