using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

internal sealed unsafe partial class Attentions<L, V>
{
    /// <summary>One tile is one block of queries of one head, over all blocks of keys that it sees.</summary>
    private struct ForwardJob<P> : IJob where P : struct, IAttentionProducts
    {
        public IReadOnlyList<AttentionSpan> Spans;
        public AttentionShape Shape;
        public Plane Q, K, V, O, Lse;
        public int PitchQ, PitchK, PitchV, PitchO, Ahead;

        public readonly void Tile(int index)
        {
            var (span, head, block) = Find(index);
            var first = block * Queries;
            var count = Math.Min(Queries, span.QueryLength - first);
            // A sequence of one token may stand in a training pass, whose recorded and unrecorded forward must give the same bits.
            if (span.QueryLength == 1 && span.KeyLength is > 1 and <= RowAttention<L, V>.MostKeys && Lse.At(0, 0) == null)
            {
                RowTile(span, head);
                return;
            }
            var d = Shape.HeadSize;
            var padded = AttentionKernel<L, V>.Padded(d);
            var scratch = new Scratch();
            float* packed = scratch.Take(d * Queries), scores = scratch.Take(AttentionKernel<L, V>.ScoreElements);
            float* sums = scratch.Take(Queries * padded), values = scratch.Take(Keys * padded), tile = scratch.Take(8 * Math.Max(padded, Keys));
            float* max = scratch.Take(Queries), sum = scratch.Take(Queries), change = scratch.Take(Queries);
            new Span<float>(max, Queries).Fill(float.NegativeInfinity);
            new Span<float>(sum, Queries).Clear();
            new Span<float>(change, Queries).Fill(1);
            new Span<float>(sums, Queries * padded).Clear();
            P.PackTransposed(Q.At(span.QueryStart + first, head * d), PitchQ, count, d, packed, Queries);
            // The key that the block's first query sits on.
            var position = span.KeyLength - span.QueryLength + first;
            var col = head / (Shape.Heads / Shape.KeyHeads) * d;
            for (var key = Shape.FirstKey(position) / Keys * Keys; key < position + count; key += Keys)
            {
                var sight = new Sight(position - key, Shape.Window, count, Math.Min(Keys, position + count - key));
                var row = span.KeyStart + key;
                AttentionKernel<L, V>.Scores<P>(K.At(row, col), PitchK, span.KeyLength - key, d, packed, sight, scores, tile);
                if (Shape.SoftCap > 0)
                    AttentionKernel<L, V>.Cap(scores, sight.Keys * Queries, Shape.Scale, Shape.SoftCap);
                AttentionKernel<L, V>.Mask(scores, sight);
                AttentionKernel<L, V>.Softmax(scores, sight, Factor(Shape), max, sum, change);
                if (key + Keys >= position + count)
                {
                    // What comes next: the rows of o, and the queries of the tile that this thread takes after this one.
                    Prefetch.Rows(O.At(span.QueryStart + first, head * d), PitchO, count, d);
                    if (head + Ahead < Shape.Heads)
                        Prefetch.Rows(Q.At(span.QueryStart + first, (head + Ahead) * d), PitchQ, count, d);
                }
                nint pitch = PitchV;
                var rows = P.PackRows(V.At(row, col), ref pitch, sight.Keys, d, values);
                AttentionKernel<L, V>.AddToQueries<P>(scores, sight, change, rows, pitch, padded, sums, tile);
            }
            // Queries before the first key see nothing; their rows were cleared.
            for (var i = Math.Max(0, -position); i < count; i++)
            {
                AttentionKernel<L, V>.Put(sums + i * padded, 1 / sum[i], O.At(span.QueryStart + first + i, head * d), 0, d);
                var lse = Lse.At(head, span.QueryStart + first + i);
                if (lse != null)
                    *lse = max[i] * Factor(Shape) + MathF.Log(sum[i]);
            }
        }

        private readonly void RowTile(AttentionSpan span, int head)
        {
            var seen = Shape.FirstKey(span.KeyLength - 1);
            var (row, col) = (span.KeyStart + seen, head / (Shape.Heads / Shape.KeyHeads) * Shape.HeadSize);
            float* q = Q.At(span.QueryStart, head * Shape.HeadSize), o = O.At(span.QueryStart, head * Shape.HeadSize);
            RowAttention<L, V>.Run(q, K.At(row, col), PitchK, V.At(row, col), PitchV, span.KeyLength - seen, Shape, o, (float*)Workers.Shared.Scratch);
        }

        public static int Tiles(AttentionPlan plan, AttentionShape shape)
        {
            var tiles = 0;
            for (var i = 0; i < plan.Spans.Count; i++)
                tiles = checked(tiles + shape.Heads * Blocks(plan.Spans[i]));
            return tiles;
        }

        // Late queries see most keys: the long tiles come first.
        private readonly (AttentionSpan Span, int Head, int Block) Find(int tile)
        {
            var i = 0;
            for (; tile >= Shape.Heads * Blocks(Spans[i]); i++)
                tile -= Shape.Heads * Blocks(Spans[i]);
            return (Spans[i], tile % Shape.Heads, Blocks(Spans[i]) - 1 - tile / Shape.Heads);
        }

        private static int Blocks(AttentionSpan span) => (span.QueryLength + Queries - 1) / Queries;
    }
}
