using System.Buffers.Binary;
using System.Security.Cryptography;
using Attune.Data;

namespace Attune.Distillation;

/// <summary>The examples of a file of logits, each once, in the order in which they are written.</summary>
/// <param name="Examples">The examples.</param>
/// <param name="Bytes">The index as it stands in the file.</param>
/// <param name="Rows">Trained tokens of all.</param>
internal sealed record LogitsIndex(IReadOnlyList<Example> Examples, byte[] Bytes, long Rows)
{
    /// <summary>SHA-256 of the index, in hex.</summary>
    public string Hash { get; } = Convert.ToHexStringLower(SHA256.HashData(Bytes));

    /// <summary>Leaves out what is there already, and numbers the rows.</summary>
    public static LogitsIndex Of(IReadOnlyList<Example> examples)
    {
        var seen = new HashSet<ExampleKey>();
        var kept = new List<Example>();
        using var bytes = new MemoryStream();
        Span<byte> entry = stackalloc byte[LogitsHeader.IndexBytes];
        long rows = 0;
        foreach (var example in examples)
        {
            var key = ExampleKey.Of(example);
            if (!seen.Add(key))
                continue;
            key.Write(entry);
            BinaryPrimitives.WriteInt64LittleEndian(entry[ExampleKey.Bytes..], rows);
            bytes.Write(entry);
            kept.Add(example);
            rows += example.TrainedTokens;
        }
        return new LogitsIndex(kept, bytes.ToArray(), rows);
    }
}
