using Attune.Engine;
using Attune.Formats.Gguf;
using Attune.Problems;
using Attune.Text;

namespace Attune.Models.Gguf;

/// <summary>What stands in a GGUF file beside the weights.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Tokenizer">The model's tokenizer.</param>
/// <param name="StopIds">Ids that end an answer.</param>
/// <param name="Template">The chat template that rules; null for none.</param>
internal sealed record GgufCompanions(string Name, Tokenizer Tokenizer, IReadOnlyList<int> StopIds, ChatTemplate? Template);

/// <summary>Writes a model as one GGUF file, weight by weight: never more than one is in memory for it.</summary>
internal static class GgufModelWriter
{
    /// <summary>Writes the file.</summary>
    /// <param name="path">The file; it appears whole or not at all.</param>
    /// <param name="source">Gives configuration, names and tokenizer files.</param>
    /// <param name="values">The values of a weight in any format, asked once each, needed until the next is asked for.</param>
    /// <param name="mixture">Which types.</param>
    /// <param name="companions">What stands beside the weights.</param>
    public static void Write(string path, ModelFolder source, Func<ParameterInfo, Tensor> values, GgufMixture mixture, GgufCompanions companions)
    {
        var metadata = Metadata(source, mixture, companions);
        var (architecture, spec) = (GgufArchitectures.Of(source), source.Spec);
        var places = GgufLayout.Of(architecture, source.Family.Names, spec, source.Parameters);
        var declared = places.Select(p => new GgufDeclaration(p.Name, p.TypeIn(mixture, spec), p.Shape)).ToList();
        var byName = places.ToDictionary(static p => p.Name, StringComparer.Ordinal);
        float[] ropeFactors = spec.Rope?.Scaling is null ? [] : RopeFactorTable.Write(spec.Rope, spec.HeadSize);
        if (ropeFactors.Length > 0)
            declared.Insert(0, new GgufDeclaration(GgufArchitectures.RopeFactors, DType.F32, [ropeFactors.Length]));
        GgufWriter.Write(path, metadata, declared, (d, stream) =>
        {
            if (byName.TryGetValue(d.Name, out var place))
                WriteWeight(place, values(place.Info), d.Type, spec.HeadSize, stream);
            else
                WeightEncoder.Write(d.Name, 1, ropeFactors.Length, d.Type, (_, row) => ropeFactors.CopyTo(row, 0), stream);
        });
    }

    /// <summary>Refuses a model that no GGUF file can hold.</summary>
    /// <exception cref="UserErrorException">Its family, its sizes or its tokenizer have no words in GGUF.</exception>
    public static void Require(ModelFolder source, GgufCompanions companions) => Metadata(source, GgufMixture.All[0], companions);

    /// <summary>What stands in the file before its weights.</summary>
    internal static List<GgufEntry> Metadata(ModelFolder source, GgufMixture mixture, GgufCompanions companions)
    {
        var architecture = GgufArchitectures.Of(source);
        return
        [
            new("general.architecture", architecture.Name), new("general.type", "model"), new("general.name", companions.Name),
            new("general.quantization_version", 2u), new("general.file_type", mixture.FileType),
            .. architecture.Describe(source.Spec).Select(e => e with { Key = $"{architecture.Name}.{e.Key}" }),
            .. source.Spec.Rope?.Scaling is { } scaling ? [RopeFactorTable.Numbers(scaling)] : Array.Empty<GgufEntry>(),
            .. new GgufTokenizerWriter(source.Files, companions.Tokenizer).Entries(source.Spec.Vocabulary, companions.StopIds, companions.Template),
        ];
    }

    private static void WriteWeight(GgufPlace place, Tensor values, DType type, int headSize, Stream stream)
    {
        // A turned vector is a bias: its elements are what the rows of a matrix are.
        if (place.IsVector)
        {
            var vector = values.ToArray();
            WeightEncoder.Write(place.Name, 1, place.Cols, type, (_, row) =>
            {
                for (var i = 0; i < row.Length; i++)
                    row[i] = vector[place.IsTurned ? RotaryRows.ToFolder(i, headSize) : i];
            }, stream);
            return;
        }
        WeightEncoder.Write(place.Name, place.Rows, place.Cols, type, (r, row) =>
        {
            var from = place.IsTurned ? RotaryRows.ToFolder(r, headSize) : r;
            if (!place.ByInputs)
            {
                WeightEncoder.Widen(values, from, row);
                return;
            }
            for (var c = 0; c < row.Length; c++)
                row[c] = (float)values.Read(c, from);
        }, stream);
    }
}
