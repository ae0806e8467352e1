using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;

namespace Attune.Models;

/// <summary>Adapters by layer; one set serves any number of passes.</summary>
public interface IAdapterSet
{
    /// <summary>The adapter of a layer, or null where it has none.</summary>
    LinearAdapter? For(Linear layer);
}

/// <summary>
/// The residual stream [T, C] that enters a block, known from an earlier pass or to be kept for a later one: where nothing below the
/// block trains, computing it again would give the same bits.
/// </summary>
public interface IStreamCache
{
    /// <summary>Index of the block.</summary>
    int Block { get; }

    /// <summary>Whether every row of the pass is known: then nothing below the block is run.</summary>
    bool Holds { get; }

    /// <summary>Fills x: [T, C] with what is known.</summary>
    void Load(Tensor x);

    /// <summary>Keeps a copy of x: [T, C].</summary>
    void Keep(Tensor x);
}

/// <summary>Sees the hidden states of a pass on their way, and may go on from them on the pass's tape.</summary>
public interface IHiddenTap
{
    /// <summary>What has left a block.</summary>
    /// <param name="t">The pass's tape.</param>
    /// <param name="layer">How many blocks have run, from 1. With all of them x is normalised too: what the head reads.</param>
    /// <param name="x">[T, C]; gone once the next block has run.</param>
    void Take(Tape t, int layer, Var x);
}

/// <summary>
/// Everything that varies between two runs of one model: nothing on the model itself changes, so a reference model, a teacher and
/// requests with different adapters are passes over one set of weights.
/// </summary>
public sealed record Pass
{
    /// <summary>Which rows see which.</summary>
    public required AttentionPlan Plan { get; init; }

    /// <summary>Position of every row within its sequence.</summary>
    public required int[] Positions { get; init; }

    /// <summary>Adapters to apply; null runs the base alone.</summary>
    public IAdapterSet? Adapters { get; init; }

    /// <summary>Keys and values of earlier rows, to be extended; null in training.</summary>
    public KeyValueCache? Cache { get; init; }

    /// <summary>What enters the lowest trained block, where that is kept; null runs every block and keeps nothing.</summary>
    public IStreamCache? Stream { get; init; }

    /// <summary>What sees the hidden states behind every block that runs; null for nothing.</summary>
    public IHiddenTap? Tap { get; init; }

    /// <summary>What segments keep for backward.</summary>
    public Keep Keep { get; init; } = Keep.Saved;

    /// <summary>Whether dropout is on.</summary>
    public bool Dropout { get; init; }

    /// <summary>α of the noise on embeddings (NEFTune, Jain et al. 2023): a sequence of L tokens gets at most α / √(L · C) on each value; 0 for none.</summary>
    public double EmbeddingNoise { get; init; }

    /// <summary>Randomness of this optimizer step.</summary>
    public RandomKey Random { get; init; }

    /// <summary>Number of every row within the whole optimizer step, so that a split into micro-batches draws the same; null counts from 0.</summary>
    public int[]? RowNumbers { get; init; }

    /// <summary>Packed sequences of the given lengths, positions from 0.</summary>
    public static Pass Packed(ReadOnlySpan<int> lengths)
    {
        var positions = new int[lengths.ToArray().Sum()];
        var row = 0;
        foreach (var length in lengths)
        {
            for (var i = 0; i < length; i++)
                positions[row++] = i;
        }
        return new Pass { Plan = AttentionPlan.Packed(lengths), Positions = positions };
    }
}
