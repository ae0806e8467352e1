using Attune.Engine;
using Attune.Engine.Autograd;

namespace Attune.Models;

/// <summary>Name and shape of a weight before it has memory.</summary>
/// <param name="Name">Its name in checkpoints.</param>
/// <param name="Rows">Rows; 1 for vectors.</param>
/// <param name="Cols">Columns.</param>
/// <param name="Role">What it is.</param>
public sealed record ParameterInfo(string Name, int Rows, int Cols, ParameterRole Role)
{
    /// <summary>Its shape in files: one dimension for norms and biases, two for all else.</summary>
    public IReadOnlyList<long> Shape => Role is ParameterRole.Norm or ParameterRole.Bias ? [Cols] : [Rows, Cols];
}

/// <summary>What a weight is, as far as initialisation and weight decay care.</summary>
public enum ParameterRole
{
    /// <summary>Weight of a linear layer, or one of an adapter's factors.</summary>
    Matrix,

    /// <summary>Embedding table or untied head.</summary>
    Embedding,

    /// <summary>Weight of a norm.</summary>
    Norm,

    /// <summary>Bias of a linear layer.</summary>
    Bias,
}

/// <summary>Makes the parameter for a description: mapped from a file, a slice of a trained bucket, or pretended.</summary>
public delegate Parameter ParameterSource(ParameterInfo info);

/// <summary>Assembles a decoder from its specification, its names and a source of parameters.</summary>
public static class DecoderBuilder
{
    /// <summary>The decoder whose parameters <paramref name="source"/> makes, asked in the order in which a forward reads them.</summary>
    public static Decoder Build(DecoderSpec spec, WeightMap names, ParameterSource source)
    {
        var embedding = source(new ParameterInfo(names.Embedding + ".weight", spec.Vocabulary, spec.Hidden, ParameterRole.Embedding));
        var blocks = Enumerable.Range(0, spec.Layers).Select(i => BuildBlock(spec, names, source, i)).ToArray();
        var finalNorm = Norm(spec, source, names.FinalNorm);
        var head = spec.TiedHead
            ? embedding
            : source(new ParameterInfo(names.Head + ".weight", spec.Vocabulary, spec.Hidden, ParameterRole.Embedding));
        return new Decoder(spec, embedding, blocks, finalNorm, head);
    }

    /// <summary>Every weight of such a decoder, without any memory.</summary>
    public static IReadOnlyList<ParameterInfo> Describe(DecoderSpec spec, WeightMap names)
    {
        var all = new List<ParameterInfo>();
        Build(spec, names, info =>
        {
            all.Add(info);
            return Pretend(info);
        });
        return all;
    }

    /// <summary>A frozen parameter without memory.</summary>
    public static Parameter Pretend(ParameterInfo info) =>
        new(info.Name, Tensor.Over(Storage.Pretend(), 0, DType.F32, info.Rows, info.Cols));

    private static DecoderBlock BuildBlock(DecoderSpec spec, WeightMap names, ParameterSource source, int index)
    {
        Linear Layer(string pattern, int outWidth, int inWidth, bool bias)
        {
            var path = WeightMap.At(pattern, index);
            return new Linear(
                path,
                source(new ParameterInfo(path + ".weight", outWidth, inWidth, ParameterRole.Matrix)),
                bias ? source(new ParameterInfo(path + ".bias", 1, outWidth, ParameterRole.Bias)) : null);
        }

        var (queries, keys) = (spec.Heads * spec.HeadSize, spec.KeyHeads * spec.HeadSize);
        return new DecoderBlock
        {
            Index = index,
            AttentionNorm = Norm(spec, source, WeightMap.At(names.AttentionNorm, index)),
            QueryKeyValue = new Fan(
                Layer(names.Query, queries, spec.Hidden, spec.AttentionBias),
                Layer(names.Key, keys, spec.Hidden, spec.AttentionBias),
                Layer(names.Value, keys, spec.Hidden, spec.AttentionBias)),
            Output = new Fan(Layer(names.Output, spec.Hidden, queries, spec.AttentionBias)),
            MlpNorm = Norm(spec, source, WeightMap.At(names.MlpNorm, index)),
            GateUp = new Fan(
                Layer(names.Gate, spec.FeedForward, spec.Hidden, spec.MlpBias),
                Layer(names.Up, spec.FeedForward, spec.Hidden, spec.MlpBias)),
            Down = new Fan(Layer(names.Down, spec.Hidden, spec.FeedForward, spec.MlpBias)),
        };
    }

    private static Parameter Norm(DecoderSpec spec, ParameterSource source, string path) =>
        source(new ParameterInfo(path + ".weight", 1, spec.Hidden, ParameterRole.Norm));
}
