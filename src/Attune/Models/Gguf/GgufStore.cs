using Attune.Engine;
using Attune.Formats.Gguf;
using Attune.Problems;

namespace Attune.Models.Gguf;

/// <summary>
/// The tensors of a GGUF file under the names of the family's checkpoints. Projections whose rows lie in ggml's order are copied into
/// Hugging Face's when they are first asked for; all else stays mapped.
/// </summary>
internal sealed class GgufStore : IWeightStore
{
    private readonly GgufFile file;
    private readonly int headSize;
    private readonly Dictionary<string, GgufPlace> places;
    private readonly Dictionary<string, Tensor> turned = new(StringComparer.Ordinal);
    private readonly Lock copying = new();

    public GgufStore(GgufFile file, IReadOnlyList<GgufPlace> places, int headSize)
    {
        (this.file, this.headSize) = (file, headSize);
        this.places = places.Where(p => file.Tensors.ContainsKey(p.Name)).ToDictionary(static p => p.Info.Name, StringComparer.Ordinal);
        var known = this.places.Values.Select(static p => p.Name).Append(GgufArchitectures.RopeFactors).ToHashSet(StringComparer.Ordinal);
        var entries = this.places.Values.ToDictionary(static p => p.Info.Name, p => Entry(p.Info.Name, file.Tensors[p.Name]), StringComparer.Ordinal);
        foreach (var other in file.Tensors.Values.Where(t => !known.Contains(t.Name)))
        {
            if (!entries.TryAdd(other.Name, Entry(other.Name, other)))
                throw new UserErrorException(file.Path, $"the weight {other.Name} stands under two names: this one, and {this.places[other.Name].Name}", "the file is damaged, or made by something that Attune does not know: get the model again");
        }
        Entries = entries;
    }

    public IReadOnlyDictionary<string, StoredWeight> Entries { get; }

    public string Readable => GgufFile.Readable;

    public long CopiedBytes => places.Values.Where(static p => p.IsTurned).Sum(p => file.Tensors[p.Name].ByteLength);

    public Tensor Map(StoredWeight entry, int rows, int cols)
    {
        var place = places[entry.Name];
        var mapped = file.Map(file.Tensors[place.Name]);
        if (!place.IsTurned)
            return mapped;
        lock (copying)
        {
            if (!turned.TryGetValue(entry.Name, out var copy))
                turned[entry.Name] = copy = Turn(mapped, place);
            return copy;
        }
    }

    public void Dispose() => file.Dispose();

    private Tensor Turn(Tensor stored, GgufPlace place)
    {
        var copy = Tensor.Allocate(stored.Type, stored.Rows, stored.Cols);
        if (!place.IsVector)
        {
            for (var r = 0; r < copy.Rows; r++)
                stored.RowBytes(RotaryRows.ToFile(r, headSize)).CopyTo(copy.RowBytes(r));
            return copy;
        }
        var values = stored.ToArray();
        copy.Write([.. Enumerable.Range(0, values.Length).Select(i => values[RotaryRows.ToFile(i, headSize)])]);
        return copy;
    }

    private static StoredWeight Entry(string name, GgufTensor tensor) => new(name, tensor.Shape, tensor.Type.Name, tensor.Type.Type, tensor.ByteLength);
}
