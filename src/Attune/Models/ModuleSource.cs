using Attune.Engine.Autograd;

namespace Attune.Models;

/// <summary>
/// Makes the modules of a decoder from a family's names and a source of parameters, which is asked in the order of the calls: the
/// order in which a forward reads them.
/// </summary>
/// <param name="spec">Sizes.</param>
/// <param name="names">Names in checkpoints.</param>
/// <param name="source">Makes the parameters.</param>
/// <param name="block">The block whose modules are made; null for those that stand in none.</param>
public sealed class ModuleSource(DecoderSpec spec, WeightMap names, ParameterSource source, int? block = null)
{
    /// <summary>Index of the block whose modules this makes.</summary>
    public int Block => block ?? throw new InvalidOperationException("these modules stand in no block");

    /// <summary>The same for the modules of one block.</summary>
    public ModuleSource In(int index) => new(spec, names, source, index);

    /// <summary>A table of <paramref name="rows"/> rows of C, such as the embedding.</summary>
    public Parameter Table(ModulePart part, int rows) => Make(part, ".weight", rows, spec.Hidden, ParameterRole.Embedding);

    /// <summary>The head: <paramref name="embedding"/> where the model is tied, else a table of its own.</summary>
    public Parameter Head(Parameter embedding) => spec.TiedHead ? embedding : Table(ModulePart.Head, spec.Vocabulary);

    /// <summary>A norm over <paramref name="width"/> channels; with a bias it is a LayerNorm.</summary>
    public Norm Norm(ModulePart part, int width, bool bias = false) => new(
        Make(part, ".weight", 1, width, ParameterRole.Norm),
        bias ? Make(part, ".bias", 1, width, ParameterRole.Bias) : null,
        spec.NormEpsilon);

    /// <summary>A linear layer.</summary>
    /// <param name="part">Which.</param>
    /// <param name="outWidth">Width of the output.</param>
    /// <param name="inWidth">Width of the input.</param>
    /// <param name="bias">Whether it has a bias.</param>
    /// <param name="startScale">Factor of the usual deviation of its random starting values.</param>
    public Linear Linear(ModulePart part, int outWidth, int inWidth, bool bias, float startScale = 1)
    {
        var (rows, cols) = names.LinearsByInputs ? (inWidth, outWidth) : (outWidth, inWidth);
        return new Linear(
            names.Path(part, Block),
            Make(part, ".weight", rows, cols, ParameterRole.Matrix, startScale),
            bias ? Make(part, ".bias", 1, outWidth, ParameterRole.Bias) : null,
            names.LinearsByInputs);
    }

    private Parameter Make(ModulePart part, string suffix, int rows, int cols, ParameterRole role, float startScale = 1) =>
        source(new ParameterInfo(names.Path(part, block ?? 0) + suffix, rows, cols, role) { Module = new ModuleId(part, block), StartScale = startScale });
}
