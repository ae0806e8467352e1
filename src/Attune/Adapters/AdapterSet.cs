using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Models;

namespace Attune.Adapters;

/// <summary>The adapters of one model, by layer, with the options that they were made with.</summary>
public sealed class AdapterSet : IAdapterSet
{
    private readonly Dictionary<Linear, LayerAdapter> adapters;

    internal AdapterSet(AdapterOptions options, IEnumerable<LayerAdapter> adapters, IReadOnlyList<ParameterInfo> infos)
    {
        (Options, Infos) = (options, infos);
        All = [.. adapters];
        this.adapters = All.ToDictionary(static a => a.Layer);
    }

    /// <summary>Kind, targets, and what else that kind is made of.</summary>
    public AdapterOptions Options { get; }

    /// <summary>One per adapted layer, in the order in which the layers run.</summary>
    public IReadOnlyList<LayerAdapter> All { get; }

    /// <summary>What trains and is saved, of every adapter.</summary>
    public IEnumerable<Parameter> Parameters => All.SelectMany(static a => a.Parameters);

    /// <summary>Names and shapes of <see cref="Parameters"/>.</summary>
    public IReadOnlyList<ParameterInfo> Infos { get; }

    /// <summary>Bytes beside <see cref="Parameters"/> and outside of every arena.</summary>
    public long OwnBytes => All.Sum(static a => a.OwnBytes);

    /// <inheritdoc />
    public LinearAdapter? For(Linear layer) => adapters.GetValueOrDefault(layer);

    /// <summary>Parameters with memory of their own, F32: of adapters that are read from files.</summary>
    internal static Parameter Allocate(ParameterInfo info) => new(info.Name, Tensor.Allocate(DType.F32, info.Rows, info.Cols));
}
