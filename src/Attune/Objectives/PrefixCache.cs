using Attune.Data;
using Attune.Engine;
using Attune.Formats;
using Attune.Models;

namespace Attune.Objectives;

/// <summary>
/// What enters the lowest trained block, by example: the frozen blocks below it compute it once, and every later pass over the example,
/// in training as in validation, takes it from here. The same bits, since a row's bits do not depend on the rows beside it.
/// </summary>
/// <remarks>
/// A pass is taken from here whole or not at all, so that every pass runs one of two sequences of operations, both planned. Lives as
/// long as the process: a resumed run fills it again, and nothing has to be proved about what another process left behind.
/// </remarks>
public sealed class PrefixCache : IDisposable
{
    private readonly Dictionary<Example, Place> places = new(ReferenceEqualityComparer.Instance);
    private readonly Storage storage;
    private readonly ScratchFile? file;
    private readonly int channels;

    // A row that fills a pass up is always the same: one sequence of the token 0.
    private float[]? filling;

    private PrefixCache(int block, int channels, IReadOnlyList<Example> examples, Storage storage, ScratchFile? file)
    {
        (Block, this.channels, this.storage, this.file) = (block, channels, storage, file);
        long row = 0;
        foreach (var example in examples)
        {
            if (places.TryAdd(example, new Place(row)))
                row += example.Positions;
        }
    }

    /// <summary>Index of the lowest trained block.</summary>
    public int Block { get; }

    /// <summary>Rows of passes that ran the frozen blocks, and of those that did not.</summary>
    public (long Computed, long Known) Rows { get; private set; }

    /// <summary>Bytes that <paramref name="examples"/> take, each counted once.</summary>
    /// <param name="examples">What is kept.</param>
    /// <param name="channels">Width C of the residual stream.</param>
    public static long BytesFor(IEnumerable<Example> examples, int channels) =>
        examples.Distinct<Example>(ReferenceEqualityComparer.Instance).Sum(static e => (long)e.Positions) * channels * sizeof(float);

    /// <summary>A cache in memory.</summary>
    /// <param name="block">Index of the lowest trained block, at least 1.</param>
    /// <param name="channels">Width C of the residual stream.</param>
    /// <param name="examples">What is kept; passes with other examples are left alone.</param>
    public static PrefixCache InMemory(int block, int channels, IReadOnlyList<Example> examples) =>
        new(block, channels, examples, Storage.Native(BytesFor(examples, channels)), null);

    /// <summary>A cache in a temporary file that is mapped into memory, of which only the rows of one pass stay there.</summary>
    /// <inheritdoc cref="InMemory" />
    /// <exception cref="IOException">The disk has too little room.</exception>
    public static PrefixCache InFile(string path, int block, int channels, IReadOnlyList<Example> examples)
    {
        var file = ScratchFile.Create(path, BytesFor(examples, channels));
        return new PrefixCache(block, channels, examples, file.Storage, file);
    }

    /// <summary>What a pass over <paramref name="batch"/> takes or leaves here; null where it holds an example that is not kept.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="fill">Rows behind it that fill the pass up.</param>
    internal IStreamCache? For(Batch batch, int fill) => batch.Examples.All(places.ContainsKey) ? new Stream(this, batch, fill) : null;

    /// <inheritdoc />
    public void Dispose()
    {
        if (file is null)
            storage.Dispose();
        else
            file.Dispose();
    }

    private Tensor RowsOf(Example example) =>
        Tensor.Over(storage, places[example].Row * channels * sizeof(float), DType.F32, example.Positions, channels);

    /// <summary>Where an example's rows lie, and whether they are there.</summary>
    private sealed class Place(long row)
    {
        public long Row { get; } = row;

        public bool IsKnown { get; set; }
    }

    private sealed class Stream(PrefixCache cache, Batch batch, int fill) : IStreamCache
    {
        public int Block => cache.Block;

        public bool Holds { get; } = (fill == 0 || cache.filling is not null) && batch.Examples.All(e => cache.places[e].IsKnown);

        public void Load(Tensor x)
        {
            for (var s = 0; s < batch.Examples.Count; s++)
                Copy(cache.RowsOf(batch.Examples[s]), x.RowRange(batch.SequenceStarts[s], batch.SequenceLengths[s]));
            for (var r = batch.Tokens; r < x.Rows; r++)
                cache.filling.CopyTo(x.Row<float>(r));
            cache.Rows = (cache.Rows.Computed, cache.Rows.Known + x.Rows);
            cache.file?.Release();
        }

        public void Keep(Tensor x)
        {
            for (var s = 0; s < batch.Examples.Count; s++)
            {
                Copy(x.RowRange(batch.SequenceStarts[s], batch.SequenceLengths[s]), cache.RowsOf(batch.Examples[s]));
                cache.places[batch.Examples[s]].IsKnown = true;
            }
            if (fill > 0)
                cache.filling ??= x.Row<float>(batch.Tokens).ToArray();
            cache.Rows = (cache.Rows.Computed + x.Rows, cache.Rows.Known);
            cache.file?.Release();
        }

        private static void Copy(Tensor from, Tensor to)
        {
            for (var r = 0; r < from.Rows; r++)
                from.Row<float>(r).CopyTo(to.Row<float>(r));
        }
    }
}
