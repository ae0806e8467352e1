using Attune.Engine;

namespace Attune.Models;

/// <summary>
/// Matrices of linear layers in a narrower format than their files': the base of quantised tuning (QLoRA, Dettmers et al. 2023). Each is
/// quantised when it is first asked for, row by row out of the mapped file, whose pages are let go of behind it: only one of them is in
/// memory twice at a time.
/// </summary>
internal sealed class HeldWeights : IDisposable
{
    private readonly Dictionary<string, long> places = new(StringComparer.Ordinal);
    private readonly HashSet<string> filled = new(StringComparer.Ordinal);
    private readonly Lock filling = new();
    private Storage? storage;

    /// <summary>Finds which weights it can hold; takes no memory yet.</summary>
    /// <param name="type">Int8 or NF4.</param>
    /// <param name="all">Every weight of the model that does not train, with the type that its file has.</param>
    public HeldWeights(DType type, IEnumerable<(ParameterInfo Info, DType Stored)> all)
    {
        Type = type;
        foreach (var (info, stored) in all)
        {
            // Blocks of a GGUF file are left alone: rounded a second time they would lose more and save next to nothing.
            if (info.Role != ParameterRole.Matrix || stored.BlockElements() > 1 || info.Cols % type.BlockElements() != 0)
                continue;
            places.Add(info.Name, Bytes);
            Bytes += (info.Rows * type.Bytes(info.Cols) + Arena.Alignment - 1) / Arena.Alignment * Arena.Alignment;
            StoredBytes += info.Rows * stored.Bytes(info.Cols);
            // The file's pages, and the largest magnitude of every block, which NF4 must know before it writes the first.
            LoadingBytes = Math.Max(LoadingBytes, info.Rows * stored.Bytes(info.Cols) + sizeof(float) * info.Rows * (long)(info.Cols / type.BlockElements()));
        }
    }

    /// <summary>The format.</summary>
    public DType Type { get; }

    /// <summary>How many matrices it holds.</summary>
    public int Count => places.Count;

    /// <summary>Bytes of all of them.</summary>
    public long Bytes { get; }

    /// <summary>Bytes that they have in their files.</summary>
    public long StoredBytes { get; }

    /// <summary>Bytes beside <see cref="Bytes"/> while the largest of them is quantised.</summary>
    public long LoadingBytes { get; }

    /// <summary>Whether this weight is among them.</summary>
    public bool Holds(ParameterInfo info) => places.ContainsKey(info.Name);

    /// <summary>The weight's shape and type, without values: for plans.</summary>
    public Tensor Planned(ParameterInfo info) => Tensor.Over(Storage.Pretend(), 0, Type, info.Rows, info.Cols);

    /// <summary>The weight, quantised now if it was not before.</summary>
    /// <param name="info">One that it holds.</param>
    /// <param name="stored">Its values in the file.</param>
    public Tensor Of(ParameterInfo info, Func<ParameterInfo, Tensor> stored)
    {
        lock (filling)
        {
            storage ??= Storage.Native(Bytes);
            var held = Tensor.Over(storage, places[info.Name], Type, info.Rows, info.Cols);
            if (filled.Add(info.Name))
            {
                var values = stored(info);
                held.Write((r, row) => WeightEncoder.Widen(values, r, row));
                values.Block.Storage.WasRead();
            }
            return held;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (filling)
        {
            storage?.Dispose();
            storage = null;
            filled.Clear();
        }
    }
}
