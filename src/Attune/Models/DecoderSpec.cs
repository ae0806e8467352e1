using Attune.Engine.Backends;

namespace Attune.Models;

/// <summary>What a decoder-only transformer of the common kind is made of, independent of any family's names for it.</summary>
public sealed record DecoderSpec
{
    /// <summary>Number of tokens V.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Width of the residual stream C.</summary>
    public required int Hidden { get; init; }

    /// <summary>Width F inside the MLP.</summary>
    public required int FeedForward { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Query heads H.</summary>
    public required int Heads { get; init; }

    /// <summary>Key/value heads G; H is a multiple of it.</summary>
    public required int KeyHeads { get; init; }

    /// <summary>Size D of a head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Longest sequence that the model takes.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>ε of the norms.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>Function of the MLP, of its gate where it has one.</summary>
    public required Activation Activation { get; init; }

    /// <summary>Rotary positions; null for models that learn a table of positions.</summary>
    public required RopeSpec? Rope { get; init; }

    /// <summary>Whether the head is the embedding table.</summary>
    public required bool TiedHead { get; init; }

    /// <summary>Whether q, k and v have biases.</summary>
    public bool QueryKeyValueBias { get; init; }

    /// <summary>Whether the output projection of the attention has a bias.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Whether the layers of the MLP have biases.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Per block how many tokens a token sees at most, itself included, or 0 for all before it; null where every block sees all.</summary>
    public IReadOnlyList<int>? Windows { get; init; }

    /// <summary>What the attention of one block computes.</summary>
    public AttentionShape AttentionShape(int block) => new(Heads, KeyHeads, HeadSize, 1f / MathF.Sqrt(HeadSize), Windows?[block] ?? 0);

    /// <summary>
    /// The model as programs know it that compute no windows: up to the length of the smallest, which is then the longest sequence, every
    /// token sees all before it, with and without them.
    /// </summary>
    public DecoderSpec WithoutWindows =>
        this with { MaxPositions = (Windows ?? []).Where(static w => w > 0).Append(MaxPositions).Min(), Windows = null };
}
