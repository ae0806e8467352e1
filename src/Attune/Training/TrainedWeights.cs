using System.Globalization;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Problems;

namespace Attune.Training;

/// <summary>A flat run of trained weights with gradients and AdamW's moments: single rows of equal length.</summary>
/// <param name="Values">Master weights, F32.</param>
/// <param name="Gradients">∂loss/∂values of the present step.</param>
/// <param name="M">First moments, F32; codes where <paramref name="Scales"/> are given.</param>
/// <param name="V">Second moments, likewise.</param>
/// <param name="Scales">The largest moments of every block, where they are held in 8 bits; null where they are F32.</param>
/// <param name="Decays">Whether weight decay applies: to matrices, not to norms and biases.</param>
/// <param name="Rate">Factor of the learning rate.</param>
/// <param name="Part">0, 1 … of those that are alike in the two before: more weights than one bucket holds.</param>
public sealed record WeightBucket(Tensor Values, Tensor Gradients, Tensor M, Tensor V, (Tensor M, Tensor V)? Scales, bool Decays, float Rate, int Part)
{
    /// <summary>What sets it apart from the others, as a word.</summary>
    public string Name => (Decays ? "decayed" : "plain") + (Rate == 1 ? "" : "-fast") + (Part == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"-{Part + 1}"));

    /// <summary>Everything of the optimizer that outlives a step, by name.</summary>
    public IEnumerable<(string Name, Tensor Row)> Moments => Scales is { } s ? [("m", M), ("v", V), ("m.scales", s.M), ("v.scales", s.V)] : [("m", M), ("v", V)];
}

/// <summary>
/// Everything that trains, in flat persistent buckets: parameters are slices of them, so that clipping, the optimizer and
/// checkpoints each are one pass over memory.
/// </summary>
public sealed class TrainedWeights : IDisposable
{
    /// <summary>Weights of a bucket at the most: its columns, and what a kernel's tile adds to them, are numbers of 32 bits.</summary>
    public const int MostInBucket = 2_000_000_000;

    // Slices start on cache lines: 16 floats.
    private const int Alignment = 16;

    private readonly Dictionary<string, Parameter> byName = new(StringComparer.Ordinal);
    private readonly List<Block> blocks = [];
    private readonly Backend backend;
    private readonly bool byteMoments;

    /// <summary>Reserves memory for the given weights; contents are zero on real memory.</summary>
    /// <param name="arena">Gives it.</param>
    /// <param name="backend">Has the type of weights.</param>
    /// <param name="infos">What trains.</param>
    /// <param name="byteMoments">Whether moments take 8 bits (<see cref="ByteMoments"/>) rather than 32.</param>
    /// <param name="mostInBucket">Weights of a bucket at the most.</param>
    /// <exception cref="UserErrorException">A single weight is larger than that.</exception>
    public TrainedWeights(Arena arena, Backend backend, IReadOnlyList<ParameterInfo> infos, bool byteMoments = false, int mostInBucket = MostInBucket)
    {
        this.backend = backend;
        this.byteMoments = byteMoments;
        Infos = infos;
        var buckets = new List<WeightBucket>();
        foreach (var group in infos.GroupBy(static i => (Decays: Decays(i), i.Rate)).OrderByDescending(static g => g.Key.Decays).ThenBy(static g => g.Key.Rate))
        {
            foreach (var (part, i) in Parts(group, mostInBucket).Select(static (p, i) => (p, i)))
                buckets.Add(MakeBucket(arena, group.Key.Decays, group.Key.Rate, i, part));
        }
        Buckets = buckets;
    }

    /// <summary>What trains, in the order in which a forward reads it.</summary>
    public IReadOnlyList<ParameterInfo> Infos { get; }

    /// <summary>
    /// One bucket of weights that decay and one of those that do not, where there are such; and one more where some learn faster. More than
    /// <see cref="MostInBucket"/> of a kind are several buckets.
    /// </summary>
    public IReadOnlyList<WeightBucket> Buckets { get; }

    /// <summary>The parameters, in the order of <see cref="Infos"/>.</summary>
    public IEnumerable<Parameter> Parameters => Infos.Select(i => byName[i.Name]);

    /// <summary>Number of trained weights.</summary>
    public long Count => Infos.Sum(static i => (long)i.Rows * i.Cols);

    /// <summary>The parameter of that name, or null where it does not train.</summary>
    public Parameter? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>Begins an optimizer step.</summary>
    public void RestartGradients()
    {
        foreach (var p in byName.Values)
            p.RestartGrad();
    }

    /// <summary>Sets gradients that no operation reached to zero: after backward, before clipping.</summary>
    public void ClearUnreached()
    {
        foreach (var p in byName.Values.Where(static p => !p.GradReached))
            backend.Pointwise.Fill(p.Grad!, 0);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var b in blocks)
            b.Release();
        blocks.Clear();
    }

    private static bool Decays(ParameterInfo info) => info.Role is ParameterRole.Matrix or ParameterRole.Embedding;

    // In their order, each part as long as it may be.
    private static List<List<ParameterInfo>> Parts(IEnumerable<ParameterInfo> group, int most)
    {
        var parts = new List<List<ParameterInfo>>();
        long length = 0;
        foreach (var info in group)
        {
            if (Padded(info) > most)
                throw new UserErrorException(info.Name, $"has {(long)info.Rows * info.Cols} values, and at most {most} of one weight can train", "tune an adapter, or the last layers alone");
            if (parts.Count == 0 || length + Padded(info) > most)
            {
                parts.Add([]);
                length = 0;
            }
            parts[^1].Add(info);
            length += Padded(info);
        }
        return parts;
    }

    private WeightBucket MakeBucket(Arena arena, bool decays, float rate, int part, List<ParameterInfo> group)
    {
        var length = (int)group.Sum(static i => Padded(i));
        Tensor Row()
        {
            var block = arena.Take((long)length * backend.Activation.Size());
            blocks.Add(block);
            var row = Tensor.Of(block, backend.Activation, 1, length);
            // Padding between slices must be zero, and the arena may hand out used memory.
            backend.Pointwise.Fill(row, 0);
            return row;
        }

        Tensor Bytes(DType type, int count)
        {
            var block = arena.Take(type.Bytes(count));
            blocks.Add(block);
            var row = Tensor.Of(block, type, 1, count);
            if (!arena.IsPretend)
                row.Clear();
            return row;
        }

        var (values, gradients) = (Row(), Row());
        var scales = ByteMoments.Blocks(length);
        var bucket = byteMoments
            ? new WeightBucket(values, gradients, Bytes(DType.U8, length), Bytes(DType.U8, length), (Bytes(DType.F32, scales), Bytes(DType.F32, scales)), decays, rate, part)
            : new WeightBucket(values, gradients, Row(), Row(), null, decays, rate, part);
        var at = 0;
        foreach (var info in group)
        {
            var count = info.Rows * info.Cols;
            byName.Add(info.Name, new Parameter(
                info.Name,
                bucket.Values.ColRange(at, count).Reshape(info.Rows, info.Cols),
                bucket.Gradients.ColRange(at, count).Reshape(info.Rows, info.Cols)));
            at += (int)Padded(info);
        }
        return bucket;
    }

    private static long Padded(ParameterInfo info) => ((long)info.Rows * info.Cols + Alignment - 1) / Alignment * Alignment;
}
