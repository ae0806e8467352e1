using Attune.Engine;
using Attune.Engine.Autograd;

namespace Attune.Models;

/// <summary>Which module of a decoder.</summary>
/// <param name="Part">What it does.</param>
/// <param name="Block">Index of its block; null where it stands in none.</param>
public readonly record struct ModuleId(ModulePart Part, int? Block);

/// <summary>Name and shape of a weight before it has memory.</summary>
/// <param name="Name">Its name in checkpoints of the whole model, or of the adapter.</param>
/// <param name="Rows">Rows as they lie in checkpoints; 1 for vectors.</param>
/// <param name="Cols">Columns.</param>
/// <param name="Role">What it is.</param>
public sealed record ParameterInfo(string Name, int Rows, int Cols, ParameterRole Role)
{
    /// <summary>The module that it belongs to; null for weights of adapters.</summary>
    public ModuleId? Module { get; init; }

    /// <summary>Factor of the usual deviation of random starting values.</summary>
    public float StartScale { get; init; } = 1;

    /// <summary>Its shape in files: where nothing else is said, one dimension for norms and biases, two for all else.</summary>
    public IReadOnlyList<long> Shape
    {
        get => field ?? (Role is ParameterRole.Norm or ParameterRole.Bias ? [Cols] : [Rows, Cols]);
        init;
    }

    /// <summary>Factor of the learning rate.</summary>
    public float Rate { get; init; } = 1;
}

/// <summary>What a weight is, as far as initialisation and weight decay care.</summary>
public enum ParameterRole
{
    /// <summary>Weight of a linear layer, or one of an adapter's factors.</summary>
    Matrix,

    /// <summary>Table of tokens or positions, or untied head.</summary>
    Embedding,

    /// <summary>Weight of a norm, or another factor of channels.</summary>
    Norm,

    /// <summary>Bias of a linear layer or of a norm.</summary>
    Bias,
}

/// <summary>Makes the parameter for a description: mapped from a file, a slice of a trained bucket, or pretended.</summary>
public delegate Parameter ParameterSource(ParameterInfo info);

/// <summary>Assembles a decoder from its family, its sizes and a source of parameters.</summary>
public static class DecoderBuilder
{
    /// <summary>The decoder whose parameters <paramref name="source"/> makes, asked in the order in which a forward reads them.</summary>
    public static Decoder Build(ModelFamily family, DecoderSpec spec, ParameterSource source) =>
        family.Assemble(spec, new ModuleSource(spec, family.Names, source));

    /// <summary>A decoder with rotary positions and RMS norms: embedding, blocks, norm, head.</summary>
    /// <param name="spec">Sizes.</param>
    /// <param name="modules">Makes the modules.</param>
    /// <param name="block">Makes a block of its modules.</param>
    public static Decoder Assemble(DecoderSpec spec, ModuleSource modules, Func<ModuleSource, DecoderBlock> block)
    {
        var embedding = modules.Table(ModulePart.Embedding, spec.Vocabulary);
        var blocks = Enumerable.Range(0, spec.Layers).Select(i => block(modules.In(i))).ToArray();
        return new Decoder(spec, embedding, null, blocks, modules.Norm(ModulePart.FinalNorm, spec.Hidden), modules.Head(embedding));
    }

    /// <summary>Every weight of such a decoder, without any memory.</summary>
    public static IReadOnlyList<ParameterInfo> Describe(ModelFamily family, DecoderSpec spec)
    {
        var all = new List<ParameterInfo>();
        Build(family, spec, info =>
        {
            all.Add(info);
            return Pretend(info);
        });
        return all;
    }

    /// <summary>A frozen parameter without memory.</summary>
    public static Parameter Pretend(ParameterInfo info) =>
        new(info.Name, Tensor.Over(Storage.Pretend(), 0, DType.F32, info.Rows, info.Cols));
}
