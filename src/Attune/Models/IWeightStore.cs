using Attune.Engine;
using Attune.Formats;

namespace Attune.Models;

/// <summary>A tensor in a model's files.</summary>
/// <param name="Name">Its name, as the family's checkpoints have it.</param>
/// <param name="Shape">Dimensions, slowest first.</param>
/// <param name="TypeName">What the file calls its type.</param>
/// <param name="Type">How it is held; null where Attune cannot.</param>
/// <param name="Bytes">Its length.</param>
internal sealed record StoredWeight(string Name, IReadOnlyList<long> Shape, string TypeName, DType? Type, long Bytes);

/// <summary>The tensors of a model's files.</summary>
internal interface IWeightStore : IDisposable
{
    /// <summary>All of them by name.</summary>
    IReadOnlyDictionary<string, StoredWeight> Entries { get; }

    /// <summary>Names of the types that the files may have, for messages.</summary>
    string Readable { get; }

    /// <summary>Bytes of what is copied into memory beside the mapped files.</summary>
    long CopiedBytes { get; }

    /// <summary>The mapped values of an entry of a known type as a matrix.</summary>
    Tensor Map(StoredWeight entry, int rows, int cols);
}

/// <summary>The tensors of safetensors files.</summary>
internal sealed class SafeTensorsStore(SafeTensorsModel model) : IWeightStore
{
    public IReadOnlyDictionary<string, StoredWeight> Entries { get; } = model.Entries.Values.ToDictionary(
        static e => e.Name, static e => new StoredWeight(e.Name, e.Shape, e.Type.ToString(), TypeOf(e.Type), e.ByteLength), StringComparer.Ordinal);

    public string Readable => "F32, BF16 and F16";

    public long CopiedBytes => 0;

    public Tensor Map(StoredWeight entry, int rows, int cols)
    {
        var own = model.Entries[entry.Name];
        var file = model.FileOf(own);
        return Tensor.Over(Storage.Foreign(file.Address(own), own.ByteLength, file), 0, entry.Type!.Value, rows, cols);
    }

    public void Dispose() => model.Dispose();

    private static DType? TypeOf(SafeTensorsType type) => type switch
    {
        SafeTensorsType.F32 => DType.F32,
        SafeTensorsType.BF16 => DType.BF16,
        SafeTensorsType.F16 => DType.F16,
        _ => null,
    };
}
