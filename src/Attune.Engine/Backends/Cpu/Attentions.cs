using Attune.Engine.Autograd;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// Attention, cut over sequences, heads and blocks. Backward goes twice over the scores, once per block of queries for dq, once per
/// block of keys for dk and dv: a sum then belongs to one thread, in an order that no thread count changes.
/// </summary>
internal sealed unsafe partial class Attentions<L, V>(int threads) : IAttentionKernels where L : struct, ILane<V> where V : unmanaged
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
        Clear(o);
        if (lse is not null)
            Clear(lse);
        var job = new ForwardJob
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
        };
        Workers.Shared.Run(ref job, Tiles(plan, shape.Heads, false), threads);
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
        // Rows outside every span keep β of what they held; where there are such rows that is done for all rows beforehand.
        if (!Covers(plan, q.Rows, queries: true))
            Rescale(dq, ref betaQ);
        if (!Covers(plan, k.Rows, queries: false))
        {
            Rescale(dk, ref betaK);
            Rescale(dv, ref betaV);
        }
        var job = new BackwardJob
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
            BetaQ = betaQ,
            BetaK = betaK,
            BetaV = betaV,
            PitchO = dO.Pitch,
            PitchQ = q.Pitch,
            PitchK = k.Pitch,
            PitchV = v.Pitch,
            Rows = Rows(plan),
        };
        job.Pass = Pass.Delta;
        Workers.Shared.Run(ref job, (job.Rows + BackwardJob.DeltaRows - 1) / BackwardJob.DeltaRows, threads);
        if (dq is not null)
        {
            job.Pass = Pass.Queries;
            Workers.Shared.Run(ref job, Tiles(plan, shape.Heads, false), threads);
        }
        if (dk is null && dv is null)
            return;
        job.Pass = Pass.Keys;
        Workers.Shared.Run(ref job, Tiles(plan, shape.KeyHeads, true), threads);
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

    private static bool Covers(AttentionPlan plan, int rows, bool queries)
    {
        var end = 0;
        for (var i = 0; i < plan.Spans.Count; i++)
        {
            var s = plan.Spans[i];
            if ((queries ? s.QueryStart : s.KeyStart) != end)
                return false;
            end += queries ? s.QueryLength : s.KeyLength;
        }
        return end == rows;
    }

    private static int Blocks(AttentionSpan span, bool keys) =>
        keys ? (span.KeyLength + Keys - 1) / Keys : (span.QueryLength + Queries - 1) / Queries;

    private static int Tiles(AttentionPlan plan, int heads, bool keys)
    {
        var tiles = 0;
        for (var i = 0; i < plan.Spans.Count; i++)
            tiles = checked(tiles + heads * Blocks(plan.Spans[i], keys));
        return tiles;
    }

    // Late queries see most keys and early keys are seen by most queries: the long tiles come first.
    private static (AttentionSpan Span, int Head, int Block) Find(IReadOnlyList<AttentionSpan> spans, int tile, int heads, bool keys)
    {
        var i = 0;
        for (; tile >= heads * Blocks(spans[i], keys); i++)
            tile -= heads * Blocks(spans[i], keys);
        var block = tile / heads;
        return (spans[i], tile % heads, keys ? block : Blocks(spans[i], keys) - 1 - block);
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
