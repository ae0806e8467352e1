using Attune.Engine.Autograd;
using Attune.Models;

namespace Attune.Adapters;

/// <summary>The adapters of one model, by layer, with the options that they were made with.</summary>
public sealed class AdapterSet : IAdapterSet
{
    private readonly Dictionary<Linear, LoraAdapter> adapters;

    internal AdapterSet(LoraOptions options, IEnumerable<LoraAdapter> adapters)
    {
        Options = options;
        All = [.. adapters];
        this.adapters = All.ToDictionary(static a => a.Layer);
    }

    /// <summary>Rank, scale, targets.</summary>
    public LoraOptions Options { get; }

    /// <summary>One per adapted layer, in the order in which the layers run.</summary>
    public IReadOnlyList<LoraAdapter> All { get; }

    /// <summary>A and B of every adapter.</summary>
    public IEnumerable<Parameter> Parameters => All.SelectMany(static a => new[] { a.A, a.B });

    /// <inheritdoc />
    public LinearAdapter? For(Linear layer) => adapters.GetValueOrDefault(layer);
}
