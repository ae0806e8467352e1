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

    /// <summary>Whether files hold the parameters as they are, so that what is loaded gives the same bits.</summary>
    public virtual bool IsSavedAsItRuns => true;

    /// <summary>What of the adapters goes into files: the same, or others that have the same effect on the base as it is.</summary>
    internal virtual AdapterSet OnDisk(AdapterSet adapters) => adapters;

    /// <summary>Adapters on all layers that are targeted.</summary>
    /// <exception cref="UserErrorException">No layer is targeted.</exception>
    public AdapterSet Attach(Decoder model, ParameterSource source)
    {
        var layers = model.Linears.Where(l => Targets.Matches(l.Path)).ToArray();
        if (layers.Length == 0)
        {
            var endings = model.Linears.Select(static l => l.Ending).Distinct();
            throw new UserErrorException("method.targets", $"no linear layer matches {Targets}", $"the model's layers end on: {string.Join(", ", endings)}");
        }
        return AttachTo(layers, source);
    }

    /// <summary>Adapters on the given layers, in their order.</summary>
    internal AdapterSet AttachTo(IEnumerable<Linear> layers, ParameterSource source)
    {
        var infos = new List<ParameterInfo>();
        var adapters = layers.Select(l => Make(l, info =>
        {
            infos.Add(info);
            return source(info);
        })).ToArray();
        return new AdapterSet(this, adapters, infos);
    }
}
