using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

internal sealed unsafe partial class Attentions<L, V>
{
    /// <summary>
    /// The blocks of scores of one diagonal: a block of keys, the block of queries that sits <see cref="Diagonal"/> blocks of keys
    /// further on, all query heads of a key head. Adds to dk and dv of the keys and to dq of the queries.
    /// </summary>
    private struct BackwardJob<P> : IJob where P : struct, IAttentionProducts
    {
        public IReadOnlyList<AttentionSpan> Spans;
        public AttentionShape Shape;
        public Plane DO, Q, K, V, O, Lse, DQ, DK, DV;
        public float* Delta;
        public float BetaQ, BetaK, BetaV;
        public int PitchO, PitchQ, PitchK, PitchV, PitchDQ, Rows, Diagonal;

        /// <summary>Blocks of this diagonal; 0 where no query sees that far back, on this diagonal and all behind it.</summary>
        public readonly int Tiles()
        {
            var tiles = 0;
            for (var i = 0; i < Spans.Count; i++)
                tiles = checked(tiles + Shape.KeyHeads * Blocks(Spans[i], out _));
            return tiles;
        }

        public readonly void Tile(int index)
        {
            var (span, keyHead, block) = Find(index);
            var (d, size, offset) = (Shape.HeadSize, BlockOf(span), span.KeyLength - span.QueryLength);
            var key = block * size;
            var start = Math.Max((block + Diagonal) * size, offset);
            var end = Math.Min((block + Diagonal + 1) * size, span.KeyLength);
            var sight = new Sight(start - key, Shape.Window, end - start, Math.Min(size, span.KeyLength - key));
            var b = new Buffers(d, LargestBlock);
            var (keyRow, keyCol, queryRow, readable) = (span.KeyStart + key, keyHead * d, span.QueryStart + start - offset, span.QueryLength - (start - offset));
            P.PackTransposed(K.At(keyRow, keyCol), PitchK, sight.Keys, d, b.PackedK, b.Pitch);
            P.PackTransposed(V.At(keyRow, keyCol), PitchV, sight.Keys, d, b.PackedV, b.Pitch);
            new Span<float>(b.SumsK, sight.Keys * b.Padded).Clear();
            new Span<float>(b.SumsV, sight.Keys * b.Padded).Clear();
            nint pitchK = PitchK;
            var keyRows = P.PackRows(K.At(keyRow, keyCol), ref pitchK, sight.Keys, d, b.KeyRows);
            var group = Shape.Heads / Shape.KeyHeads;
            for (var head = keyHead * group; head < (keyHead + 1) * group; head++)
            {
                float* q = Q.At(queryRow, head * d), dO = DO.At(queryRow, head * d);
                var delta = Delta + (long)head * Rows + queryRow;
                for (var i = 0; Diagonal == 0 && i < sight.Queries; i++)
                {
                    Prefetch.Rows(DO.At(queryRow + i + 8, head * d), 0, 1, d);
                    Prefetch.Rows(O.At(queryRow + i + 8, head * d), 0, 1, d);
                    delta[i] = AttentionKernel<L, V>.Dot(DO.At(queryRow + i, head * d), O.At(queryRow + i, head * d), d);
                }
                AttentionGradientKernel<L, V>.Scores<P>(q, PitchQ, readable, d, b.PackedK, sight, b.Scores, b.Pitch, b.Tile);
                AttentionGradientKernel<L, V>.Scores<P>(dO, PitchO, readable, d, b.PackedV, sight, b.DS, b.Pitch, b.Tile);
                AttentionGradientKernel<L, V>.Gradients(b.Scores, b.DS, b.Pitch, sight, Shape, Lse.At(head, queryRow), delta);
                nint pitch = PitchO;
                var rows = P.PackRows(dO, ref pitch, sight.Queries, d, b.QueryRows);
                AttentionGradientKernel<L, V>.AddToKeys<P>(b.Scores, b.Pitch, sight, rows, pitch, b.Padded, b.SumsV, b.Tile);
                pitch = PitchQ;
                rows = P.PackRows(q, ref pitch, sight.Queries, d, b.QueryRows);
                AttentionGradientKernel<L, V>.AddToKeys<P>(b.DS, b.Pitch, sight, rows, pitch, b.Padded, b.SumsK, b.Tile);
                if (DQ.At(0, 0) != null)
                    AttentionGradientKernel<L, V>.PutQueries<P>(
                        b.DS, b.Pitch, sight, keyRows, pitchK, d, Shape.Scale, DQ.At(queryRow, head * d), PitchDQ, BetaQ, b.Tile);
            }
            for (var i = 0; i < sight.Keys; i++)
            {
                Prefetch.Rows(DK.At(keyRow + i + 8, keyCol), 0, 1, d);
                Prefetch.Rows(DV.At(keyRow + i + 8, keyCol), 0, 1, d);
                if (DK.At(0, 0) != null)
                    AttentionKernel<L, V>.Put(b.SumsK + i * b.Padded, Shape.Scale, DK.At(keyRow + i, keyCol), BetaK, d);
                if (DV.At(0, 0) != null)
                    AttentionKernel<L, V>.Put(b.SumsV + i * b.Padded, 1, DV.At(keyRow + i, keyCol), BetaV, d);
            }
        }

        // Keys, and queries, of the largest block: what the second-level cache holds with all that belongs to them.
        private readonly int LargestBlock => Shape.HeadSize <= 64 ? 240 : Shape.HeadSize <= 128 ? 160 : 96;

        // Keys, and queries, of the blocks of a span: as few blocks as can be, as equal as can be.
        private readonly int BlockOf(AttentionSpan span)
        {
            var blocks = Math.Max(1, (span.KeyLength + LargestBlock - 1) / LargestBlock);
            return Math.Max(16, ((span.KeyLength + blocks - 1) / blocks + 15) / 16 * 16);
        }

        // Blocks of keys of a span that have a block of queries on this diagonal.
        private readonly int Blocks(AttentionSpan span, out int first)
        {
            var size = BlockOf(span);
            first = Math.Max(0, Math.Max(0, span.KeyLength - span.QueryLength) / size - Diagonal);
            // The nearest query and key of two blocks are this far apart.
            if (span.QueryLength == 0 || (Shape.Window > 0 && (long)Diagonal * size - size + 1 >= Shape.Window))
                return 0;
            return Math.Max(0, (span.KeyLength + size - 1) / size - Diagonal - first);
        }

        private readonly (AttentionSpan Span, int KeyHead, int Block) Find(int tile)
        {
            for (var i = 0; ; i++)
            {
                var blocks = Blocks(Spans[i], out var first);
                if (tile < Shape.KeyHeads * blocks)
                    return (Spans[i], tile % Shape.KeyHeads, first + tile / Shape.KeyHeads);
                tile -= Shape.KeyHeads * blocks;
            }
        }

        /// <summary>What a tile needs of a thread's scratch.</summary>
        private readonly ref struct Buffers
        {
            public readonly int Padded, Pitch;
            public readonly float* PackedK, PackedV, Scores, DS, SumsK, SumsV, KeyRows, QueryRows, Tile;

            public Buffers(int headSize, int block)
            {
                // Room for a last incomplete row of tiles.
                const int rest = 8;
                var scratch = new Scratch();
                (Padded, Pitch) = (AttentionKernel<L, V>.Padded(headSize), AttentionGradientKernel<L, V>.Pitch(block));
                PackedK = scratch.Take(headSize * Pitch);
                PackedV = scratch.Take(headSize * Pitch);
                Scores = scratch.Take((block + rest) * Pitch);
                DS = scratch.Take((block + rest) * Pitch);
                SumsK = scratch.Take((block + rest) * Padded);
                SumsV = scratch.Take((block + rest) * Padded);
                Tile = scratch.Take(rest * (Padded + Math.Max(Padded, block)));
                KeyRows = scratch.Take(block * Padded);
                QueryRows = scratch.Take(block * Padded);
            }
        }
    }
}
