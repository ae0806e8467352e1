using System.Text.Json.Nodes;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Ops;
using Attune.Models;

namespace Attune.Adapters;

/// <summary>Vectors that rescale what layers give, or what they are given.</summary>
public sealed record Ia3Options : AdapterOptions
{
    /// <summary>Those of the targets whose input is rescaled rather than their output: as a rule the last layer of the MLP.</summary>
    public LayerTargets FeedForward { get; init; } = LayerTargets.EndingOn([]);

    /// <inheritdoc />
    public override AdapterKind Kind => Ia3Config.Row;

    /// <inheritdoc />
    public override IReadOnlyList<KeyValuePair<string, JsonNode>> Facts => [new("feedforward", FeedForward.ToString())];

    /// <inheritdoc />
    public override LayerAdapter Make(Linear layer, ParameterSource source) => new Ia3Adapter(layer, FeedForward.Matches(layer.Path), source);
}

/// <summary>
/// IA³ (Liu et al. 2022): y = l ⊙ (W·x + b) for keys and values, y = W·(l ⊙ x) + b for the last layer of the MLP. l begins as ones, so that
/// it begins as the identity.
/// </summary>
public sealed class Ia3Adapter : LayerAdapter
{
    private readonly bool onInput;

    internal Ia3Adapter(Linear layer, bool onInput, ParameterSource source)
        : base(layer)
    {
        this.onInput = onInput;
        var width = onInput ? layer.In : layer.Out;
        Scale = source(new ParameterInfo(PeftNames.Ia3(layer.Path), 1, width, ParameterRole.Norm) { Shape = onInput ? [1, width] : [width, 1] });
    }

    /// <summary>l: [1, in] or [1, out].</summary>
    public Parameter Scale { get; }

    /// <inheritdoc />
    public override IReadOnlyList<Parameter> Parameters => [Scale];

    /// <inheritdoc />
    public override bool MovesBias => !onInput;

    /// <inheritdoc />
    public override void Start(AdapterStart start) => start.Backend.Pointwise.Fill(Scale.Value, 1);

    /// <inheritdoc />
    public override Var Before(Tape t, Linear layer, Var x) => onInput ? t.Run(new ScaleColumns(x, Scale)) : x;

    /// <inheritdoc />
    public override Var After(Tape t, Linear layer, Var x, Var y) => onInput ? y : t.Run(new ScaleColumns(y, Scale));

    /// <inheritdoc />
    public override void MergeInto(Linear layer, Tensor weight)
    {
        var byColumns = onInput != layer.ByInputs;
        for (var r = 0; r < weight.Rows; r++)
        {
            var row = weight.Row<float>(r);
            for (var c = 0; c < row.Length; c++)
                row[c] *= Scale.Value.At<float>(0, byColumns ? c : r);
        }
    }

    /// <inheritdoc />
    public override void MergeIntoBias(Linear layer, Tensor bias)
    {
        for (var c = 0; c < bias.Cols; c++)
            bias.At<float>(0, c) *= Scale.Value.At<float>(0, c);
    }
}
