using Attune.Engine;

namespace Attune.Models.Gguf;

/// <summary>Where one weight of a model stands in a GGUF file.</summary>
/// <param name="Info">The weight as the model knows it.</param>
/// <param name="Name">The tensor's name.</param>
/// <param name="Part">What it does.</param>
/// <param name="Block">The block it stands in; 0 outside of blocks.</param>
/// <param name="IsTurned">Whether its rows lie in another order; see <see cref="RotaryRows"/>.</param>
/// <param name="ByInputs">Whether the model has it as [in, out]: files have [out, in].</param>
internal sealed record GgufPlace(ParameterInfo Info, string Name, ModulePart Part, int Block, bool IsTurned, bool ByInputs)
{
    /// <summary>Whether it is a vector.</summary>
    public bool IsVector => Info.Role is ParameterRole.Norm or ParameterRole.Bias;

    /// <summary>Rows in the file: 1 for vectors.</summary>
    public int Rows => ByInputs ? Info.Cols : Info.Rows;

    /// <summary>Columns in the file.</summary>
    public int Cols => ByInputs ? Info.Rows : Info.Cols;

    /// <summary>Dimensions in the file, slowest first.</summary>
    public IReadOnlyList<long> Shape => IsVector ? [Cols] : [Rows, Cols];

    /// <summary>The type that it gets in a mixture.</summary>
    public DType TypeIn(GgufMixture mixture, DecoderSpec spec) => IsVector ? DType.F32 : mixture.TypeOf(Part, Cols, Block, spec.Layers, spec.TiedHead);
}

/// <summary>The weights of a model in the order and under the names of a GGUF file.</summary>
internal static class GgufLayout
{
    /// <summary>Every weight's place.</summary>
    public static IReadOnlyList<GgufPlace> Of(GgufArchitecture architecture, WeightMap names, DecoderSpec spec, IReadOnlyList<ParameterInfo> parameters)
    {
        var modules = new Dictionary<string, (ModulePart Part, int Block)>(StringComparer.Ordinal);
        foreach (var part in names.Modules.Keys)
        {
            var repeats = names.Path(part, 0) != names.Path(part, 1) ? spec.Layers : 1;
            for (var block = 0; block < repeats; block++)
                modules[names.Path(part, block)] = (part, block);
        }
        return [.. parameters.Select(info =>
        {
            var dot = info.Name.LastIndexOf('.');
            var (part, block) = modules[info.Name[..dot]];
            return new GgufPlace(
                info, architecture.Path(part, block) + info.Name[dot..], part, block, architecture.Turned.Contains(part),
                names.LinearsByInputs && info.Role == ParameterRole.Matrix);
        })];
    }
}
