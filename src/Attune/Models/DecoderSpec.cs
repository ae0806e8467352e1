using Attune.Engine.Backends;

namespace Attune.Models;

/// <summary>What a decoder-only transformer of the common kind is made of, independent of any family's names for it.</summary>
public sealed record DecoderSpec
{
    /// <summary>Number of tokens V.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Width of the residual stream C.</summary>
    public required int Hidden { get; init; }

    /// <summary>Width F inside the gated MLP.</summary>
    public required int FeedForward { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Query heads H.</summary>
    public required int Heads { get; init; }

    /// <summary>Key/value heads G; H is a multiple of it.</summary>
    public required int KeyHeads { get; init; }

    /// <summary>Size D of a head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Longest sequence that the model was made for.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>ε of the norms.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>Function of the MLP's gate.</summary>
    public required Activation Activation { get; init; }

    /// <summary>Rotary positions.</summary>
    public required RopeSpec Rope { get; init; }

    /// <summary>Whether the head is the embedding table.</summary>
    public required bool TiedHead { get; init; }

    /// <summary>Whether q, k, v and o have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether gate, up and down have biases.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Heads as the attention kernel wants them.</summary>
    public AttentionShape AttentionShape => new(Heads, KeyHeads, HeadSize, 1f / MathF.Sqrt(HeadSize));
}
