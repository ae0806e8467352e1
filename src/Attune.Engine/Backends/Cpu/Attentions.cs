using Attune.Engine.Autograd;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// Attention, cut over sequences, heads and blocks. Backward goes over the blocks of scores once, diagonal by diagonal: the blocks of
/// one diagonal share neither queries nor keys, so that every gradient is added up in an order that no thread count changes, without
/// memory for parts of sums. Where products are BF16, so are those of sequences that see themselves alone, as in training; queries on a
/// cache are few, and rounding its rows for them takes longer than multiplying.
/// </summary>
internal sealed unsafe partial class Attentions<L, V>(int threads, ProductType products) : IAttentionKernels where L : struct, ILane<V> where V : unmanaged
{
    private const int LargestHead = 512;
    private const int Queries = AttentionKernel<L, V>.Queries;
    private const int Keys = AttentionKernel<L, V>.Keys;

    /// <inheritdoc />
    public long Workspace(AttentionPlan plan, AttentionShape shape) => (long)shape.Heads * Rows(plan) * sizeof(float);

    /// <inheritdoc />
    public void Attention(Tensor q, Tensor k, Tensor v, AttentionPlan plan, AttentionShape shape, Tensor o, Tensor? lse, Tensor workspace)
    {
        CheckShapes(q, k, v, o, lse, plan, shape);
        var whole = IsWhole(plan, q.Rows, k.Rows);
        if (!whole)
        {
            Clear(o);
            if (lse is not null)
                Clear(lse);
        }
        if (whole && products == ProductType.BF16)
            Forward<PairProducts>(q, k, v, plan, shape, o, lse);
        else
            Forward<FloatProducts<L, V>>(q, k, v, plan, shape, o, lse);
    }

    /// <inheritdoc />
    public void AttentionBackward(Tensor dO, Tensor q, Tensor k, Tensor v, Tensor o, Tensor lse, AttentionPlan plan, AttentionShape shape,
        Tensor? dq, float betaQ, Tensor? dk, float betaK, Tensor? dv, float betaV, Tensor workspace)
    {
        CheckShapes(q, k, v, o, lse, plan, shape);
        Check.SameShape("attention backward", dO, q);
        Check.SameShape("attention backward", dq ?? q, q);
        Check.SameShape("attention backward", dk ?? k, k);
        Check.SameShape("attention backward", dv ?? v, v);
        CheckDisjoint(plan);
        if (workspace.Bytes < Workspace(plan, shape))
            throw new ArgumentException($"attention: a workspace of {workspace.Bytes} bytes instead of {Workspace(plan, shape)}", nameof(workspace));
        // Rows that no block reaches keep β of what they held; where there are such rows that is done for all rows beforehand.
        var whole = IsWhole(plan, q.Rows, k.Rows);
        if (!whole)
        {
            Rescale(dq, ref betaQ);
            Rescale(dk, ref betaK);
            Rescale(dv, ref betaV);
        }
        if (whole && products == ProductType.BF16)
            Backward<PairProducts>(dO, q, k, v, o, lse, plan, shape, dq, betaQ, dk, betaK, dv, betaV, workspace);
        else
            Backward<FloatProducts<L, V>>(dO, q, k, v, o, lse, plan, shape, dq, betaQ, dk, betaK, dv, betaV, workspace);
    }

    private void Forward<P>(Tensor q, Tensor k, Tensor v, AttentionPlan plan, AttentionShape shape, Tensor o, Tensor? lse)
        where P : struct, IAttentionProducts
    {
        var job = new ForwardJob<P>
        {
            Spans = plan.Spans,
            Shape = shape,
            Q = new Plane(Check.Floats(q)),
            K = new Plane(Check.Floats(k)),
            V = new Plane(Check.Floats(v)),
            O = new Plane(Check.Floats(o)),
            Lse = new Plane(Check.Floats(lse)),
            PitchQ = q.Pitch,
            PitchK = k.Pitch,
            PitchV = v.Pitch,
            PitchO = o.Pitch,
            Ahead = threads,
        };
        Workers.Shared.Run(ref job, ForwardJob<P>.Tiles(plan, shape), threads);
    }

    private void Backward<P>(Tensor dO, Tensor q, Tensor k, Tensor v, Tensor o, Tensor lse, AttentionPlan plan, AttentionShape shape,
        Tensor? dq, float betaQ, Tensor? dk, float betaK, Tensor? dv, float betaV, Tensor workspace) where P : struct, IAttentionProducts
    {
        var job = new BackwardJob<P>
        {
            Spans = plan.Spans,
            Shape = shape,
            DO = new Plane(Check.Floats(dO)),
            Q = new Plane(Check.Floats(q)),
            K = new Plane(Check.Floats(k)),
            V = new Plane(Check.Floats(v)),
            O = new Plane(Check.Floats(o)),
            Lse = new Plane(Check.Floats(lse)),
            Delta = (float*)workspace.Address,
            DQ = new Plane(Check.Floats(dq)),
            DK = new Plane(Check.Floats(dk)),
            DV = new Plane(Check.Floats(dv)),
            PitchO = dO.Pitch,
            PitchDQ = dq?.Pitch ?? 0,
            PitchQ = q.Pitch,
            PitchK = k.Pitch,
            PitchV = v.Pitch,
            Rows = Rows(plan),
        };
        for (job.Diagonal = 0; job.Tiles() is var tiles && tiles > 0; job.Diagonal++)
        {
            (job.BetaQ, job.BetaK, job.BetaV) = job.Diagonal == 0 ? (betaQ, betaK, betaV) : (1, 1, 1);
            Workers.Shared.Run(ref job, tiles, threads);
        }
    }

    private static void Clear(Tensor x)
    {
        for (var r = 0; r < x.Rows; r++)
            x.RowBytes(r).Clear();
    }

    private static void Rescale(Tensor? x, ref float beta)
    {
        for (var r = 0; x is not null && r < x.Rows; r++)
        {
            var row = x.Row<float>(r);
            for (var c = 0; c < row.Length; c++)
                row[c] = beta == 0 ? 0 : row[c] * beta;
        }
        beta = 1;
    }

    private static int Rows(AttentionPlan plan)
    {
        var rows = 0;
        for (var i = 0; i < plan.Spans.Count; i++)
            rows = Math.Max(rows, plan.Spans[i].QueryStart + plan.Spans[i].QueryLength);
        return rows;
    }

    // Whether all rows belong to spans of as many queries as keys, as in training.
    private static bool IsWhole(AttentionPlan plan, int queryRows, int keyRows)
    {
        var end = 0;
        for (var i = 0; i < plan.Spans.Count; i++)
        {
            var s = plan.Spans[i];
            if (s.QueryStart != end || s.KeyStart != end || s.QueryLength != s.KeyLength)
                return false;
            end += s.QueryLength;
        }
        return end == queryRows && end == keyRows;
    }

    // Factor of what the softmax sees as scores: capped scores are scaled already.
    private static float Factor(in AttentionShape shape) => shape.SoftCap > 0 ? 1 : shape.Scale;

    /// <summary>A thread's scratch, taken in parts of whole cache lines.</summary>
    private ref struct Scratch()
    {
        private float* next = (float*)Workers.Shared.Scratch;

        public float* Take(int count)
        {
            var part = next;
            // All parts at the largest head size together stay below the scratch's 2 MB.
            next += (count + 15) / 16 * 16;
            return part;
        }
    }

    private static void CheckShapes(Tensor q, Tensor k, Tensor v, Tensor o, Tensor? lse, AttentionPlan plan, AttentionShape shape)
    {
        if (!shape.IsValid || shape.HeadSize > LargestHead)
            throw new ShapeException($"attention: {shape} with heads of at most {LargestHead} elements");
        if (q.Cols != shape.Heads * shape.HeadSize || k.Cols != shape.KeyHeads * shape.HeadSize)
            throw new ShapeException($"attention: q {q} and k {k} with {shape}");
        Check.SameShape("attention: k and v", k, v);
        Check.SameShape("attention: q and o", q, o);
        if (lse is not null && (lse.Rows != shape.Heads || lse.Cols < q.Rows))
            throw new ShapeException($"attention: log sums {lse} for {shape.Heads} heads of {q}");
        for (var i = 0; i < plan.Spans.Count; i++)
        {
            var s = plan.Spans[i];
            if (s.QueryStart < 0 || s.QueryLength < 0 || s.QueryStart > q.Rows - s.QueryLength
                || s.KeyStart < 0 || s.KeyLength < 0 || s.KeyStart > k.Rows - s.KeyLength)
                throw new ShapeException($"attention: {s} is outside q {q} or k {k}");
        }
    }

    // Two spans on the same keys may be read at once, but not added to at once.
    private static void CheckDisjoint(AttentionPlan plan)
    {
        for (var i = 1; i < plan.Spans.Count; i++)
        {
            var (before, s) = (plan.Spans[i - 1], plan.Spans[i]);
            if (s.QueryStart < before.QueryStart + before.QueryLength || s.KeyStart < before.KeyStart + before.KeyLength)
                throw new ShapeException($"attention backward: {before} and {s} overlap or are out of order");
        }
    }
}
