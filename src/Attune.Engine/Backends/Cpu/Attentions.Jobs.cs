namespace Attune.Engine.Backends.Cpu;

internal sealed unsafe partial class Attentions<L, V>
{
    private enum Pass
    {
        Delta,
        Queries,
        Keys,
    }

    /// <summary>A thread's scratch as the parts that a tile needs.</summary>
    private ref struct Parts(int headSize)
    {
        private float* next = (float*)Workers.Shared.Scratch;

        public readonly int Padded => AttentionKernel<L, V>.Padded(headSize);

        public float* Take(int count)
        {
            var part = next;
            // Whole cache lines. All parts of the largest head size together stay below the scratch's 2 MB.
            next += (count + 15) / 16 * 16;
            return part;
        }

        public float* Packed() => Take(headSize * Queries);

        public float* Scores() => Take(AttentionKernel<L, V>.ScoreElements);

        public float* Sums(int rows) => Take((rows + 8) * Padded);
    }

    private struct ForwardJob : IJob
    {
        public IReadOnlyList<AttentionSpan> Spans;
        public AttentionShape Shape;
        public Plane Q, K, V, O, Lse;
        public int PitchQ, PitchK, PitchV;

        public readonly void Tile(int index)
        {
            var (span, head, block) = Find(Spans, index, Shape.Heads, false);
            var first = block * Queries;
            var count = Math.Min(Queries, span.QueryLength - first);
            var d = Shape.HeadSize;
            var keyCol = head / (Shape.Heads / Shape.KeyHeads) * d;
            var parts = new Parts(d);
            float* packed = parts.Packed(), scores = parts.Scores(), sums = parts.Sums(Queries), copy = parts.Sums(Keys);
            float* max = parts.Take(Queries), sum = parts.Take(Queries), factor = parts.Take(Queries);
            new Span<float>(max, Queries).Fill(float.NegativeInfinity);
            new Span<float>(sum, Queries).Clear();
            AttentionKernel<L, V>.Pack(Q.At(span.QueryStart + first, head * d), PitchQ, count, d, Shape.Scale, packed);
            // Keys that the first query of the block sees; the last one sees count − 1 more.
            var seen = span.KeyLength - span.QueryLength + first + 1;
            var start = Shape.FirstKey(seen - 1) / Keys * Keys;
            for (var key = start; key < seen + count - 1; key += Keys)
            {
                var keys = Math.Min(Keys, seen + count - 1 - key);
                var row = span.KeyStart + key;
                AttentionKernel<L, V>.Scores(K.At(row, keyCol), PitchK, keys, span.KeyLength - key, d, packed, scores, copy);
                AttentionKernel<L, V>.Cap(scores, keys, Shape.SoftCap);
                AttentionKernel<L, V>.Mask(scores, keys, seen - key, Shape.Window);
                AttentionKernel<L, V>.Softmax(scores, keys, max, sum, factor);
                for (var i = 0; key > start && i < Queries; i++)
                    if (factor[i] != 1)
                        AttentionKernel<L, V>.Scale(sums + i * parts.Padded, factor[i], parts.Padded);
                nint pitch = PitchV;
                var values = AttentionKernel<L, V>.WholeVectors(V.At(row, keyCol), ref pitch, keys, d, copy);
                AttentionKernel<L, V>.AddToQueries(scores, keys, values, pitch, parts.Padded, sums, key == start ? 0 : 1);
            }
            // Queries before the first key see nothing; their rows were cleared.
            for (var i = Math.Max(0, 1 - seen); i < count; i++)
            {
                AttentionKernel<L, V>.Put(sums + i * parts.Padded, 1 / sum[i], O.At(span.QueryStart + first + i, head * d), 0, d);
                var lse = Lse.At(head, span.QueryStart + first + i);
                if (lse != null)
                    *lse = max[i] + MathF.Log(sum[i]);
            }
        }
    }

    private struct BackwardJob : IJob
    {
        public const int DeltaRows = 32;

        public IReadOnlyList<AttentionSpan> Spans;
        public AttentionShape Shape;
        public Plane DO, Q, K, V, O, Lse, DQ, DK, DV;
        public float* Delta;
        public float BetaQ, BetaK, BetaV;
        public int PitchO, PitchQ, PitchK, PitchV, Rows;
        public Pass Pass;

        public readonly void Tile(int index)
        {
            if (Pass == Pass.Delta) DeltaTile(index);
            else if (Pass == Pass.Queries) QueryTile(index);
            else KeyTile(index);
        }

        // delta = Σ dO ∘ O, per head and row.
        private readonly void DeltaTile(int index)
        {
            for (var row = index * DeltaRows; row < Math.Min((index + 1) * DeltaRows, Rows); row++)
                for (var head = 0; head < Shape.Heads; head++)
                    Delta[(long)head * Rows + row] =
                        AttentionKernel<L, V>.Dot(DO.At(row, head * Shape.HeadSize), O.At(row, head * Shape.HeadSize), Shape.HeadSize);
        }

        // dq = scale · Σ over key blocks of dSᵀ · K.
        private readonly void QueryTile(int index)
        {
            var (span, head, block) = Find(Spans, index, Shape.Heads, false);
            var d = Shape.HeadSize;
            var keyCol = head / (Shape.Heads / Shape.KeyHeads) * d;
            var parts = new Parts(d);
            var b = new QueryBlock(ref parts, span);
            float* scores = parts.Scores(), dP = parts.Scores(), sums = parts.Sums(Queries), copy = parts.Sums(Keys);
            b.Load(this, head, block * Queries);
            new Span<float>(sums, Queries * parts.Padded).Clear();
            for (var key = Shape.FirstKey(b.Seen - 1) / Keys * Keys; key < b.Seen + b.Count - 1; key += Keys)
            {
                var keys = Math.Min(Keys, b.Seen + b.Count - 1 - key);
                Gradients(b, span, key, keys, keyCol, scores, dP, copy);
                nint pitch = PitchK;
                var rows = AttentionKernel<L, V>.WholeVectors(K.At(span.KeyStart + key, keyCol), ref pitch, keys, d, copy);
                AttentionKernel<L, V>.AddToQueries(dP, keys, rows, pitch, parts.Padded, sums, 1);
            }
            for (var i = 0; i < b.Count; i++)
                AttentionKernel<L, V>.Put(sums + i * parts.Padded, Shape.Scale, DQ.At(b.Row + i, head * d), BetaQ, d);
        }

        // dk = scale · Σ over heads of the group and query blocks of dS · Q; dv = Σ of P · dO.
        private readonly void KeyTile(int index)
        {
            var (span, keyHead, block) = Find(Spans, index, Shape.KeyHeads, true);
            var (d, group, key) = (Shape.HeadSize, Shape.Heads / Shape.KeyHeads, block * Keys);
            var keys = Math.Min(Keys, span.KeyLength - key);
            var parts = new Parts(d);
            var b = new QueryBlock(ref parts, span);
            float* scores = parts.Scores(), dP = parts.Scores(), sumsK = parts.Sums(Keys), sumsV = parts.Sums(Keys), copy = parts.Sums(Keys);
            new Span<float>(sumsK, (Keys + 8) * parts.Padded).Clear();
            new Span<float>(sumsV, (Keys + 8) * parts.Padded).Clear();
            // The first query that sees the block's first key, and the one behind the last that sees its last.
            var offset = span.KeyLength - span.QueryLength;
            var start = Math.Max(0, key - offset) / Queries * Queries;
            var end = Shape.Window == 0 ? span.QueryLength : (int)Math.Min(span.QueryLength, (long)key + keys - 1 + Shape.Window - offset);
            for (var head = keyHead * group; head < (keyHead + 1) * group; head++)
            {
                for (var first = start; first < end; first += Queries)
                {
                    b.Load(this, head, first);
                    Gradients(b, span, key, keys, keyHead * d, scores, dP, copy);
                    nint pitch = PitchO;
                    var rows = AttentionKernel<L, V>.WholeVectors(DO.At(b.Row, head * d), ref pitch, b.Count, d, copy);
                    AttentionKernel<L, V>.AddToKeys(scores, keys, b.Count, rows, pitch, parts.Padded, sumsV, 1);
                    pitch = PitchQ;
                    rows = AttentionKernel<L, V>.WholeVectors(Q.At(b.Row, head * d), ref pitch, b.Count, d, copy);
                    AttentionKernel<L, V>.AddToKeys(dP, keys, b.Count, rows, pitch, parts.Padded, sumsK, 1);
                }
            }
            for (var i = 0; i < keys; i++)
            {
                if (DK.At(0, 0) != null)
                    AttentionKernel<L, V>.Put(sumsK + i * parts.Padded, Shape.Scale, DK.At(span.KeyStart + key + i, keyHead * d), BetaK, d);
                if (DV.At(0, 0) != null)
                    AttentionKernel<L, V>.Put(sumsV + i * parts.Padded, 1, DV.At(span.KeyStart + key + i, keyHead * d), BetaV, d);
            }
        }

        private readonly void Gradients(in QueryBlock b, AttentionSpan span, int key, int keys, int keyCol, float* scores, float* dP, float* copy)
        {
            var (row, readable) = (span.KeyStart + key, span.KeyLength - key);
            AttentionKernel<L, V>.Scores(K.At(row, keyCol), PitchK, keys, readable, Shape.HeadSize, b.PackedQ, scores, copy);
            AttentionKernel<L, V>.Cap(scores, keys, Shape.SoftCap);
            AttentionKernel<L, V>.Scores(V.At(row, keyCol), PitchV, keys, readable, Shape.HeadSize, b.PackedO, dP, copy);
            AttentionKernel<L, V>.Mask(scores, keys, b.Seen - key, Shape.Window);
            AttentionKernel<L, V>.ScoreGradients(scores, dP, keys, b.Lse, b.Delta, Shape.SoftCap);
        }

        /// <summary>A block of queries: q and dO packed, with their statistics.</summary>
        private struct QueryBlock
        {
            public readonly float* PackedQ, PackedO, Lse, Delta;
            public int Count, Seen, Row;
            private readonly AttentionSpan span;

            public QueryBlock(ref Parts parts, AttentionSpan span)
            {
                this.span = span;
                PackedQ = parts.Packed();
                PackedO = parts.Packed();
                Lse = parts.Take(Queries);
                Delta = parts.Take(Queries);
            }

            public void Load(in BackwardJob job, int head, int first)
            {
                var d = job.Shape.HeadSize;
                Count = Math.Min(Queries, span.QueryLength - first);
                Seen = span.KeyLength - span.QueryLength + first + 1;
                Row = span.QueryStart + first;
                AttentionKernel<L, V>.Pack(job.Q.At(Row, head * d), job.PitchQ, Count, d, job.Shape.Scale, PackedQ);
                AttentionKernel<L, V>.Pack(job.DO.At(Row, head * d), job.PitchO, Count, d, 1, PackedO);
                for (var i = 0; i < Queries; i++)
                {
                    Lse[i] = i < Count ? *job.Lse.At(head, Row + i) : 0;
                    Delta[i] = i < Count ? job.Delta[(long)head * job.Rows + Row + i] : 0;
                }
            }
        }
    }
}
