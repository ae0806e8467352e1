namespace Attune.Engine.Backends.Cpu;

internal sealed unsafe partial class Attentions<L, V>
{
    /// <summary>delta = Σ columns of dO ∘ O, per head and row.</summary>
    private struct DeltaJob : IJob
    {
        public const int TileRows = 32;

        public Plane DO, O;
        public float* Delta;
        public AttentionShape Shape;
        public int Rows;

        public readonly void Tile(int index)
        {
            for (var row = index * TileRows; row < Math.Min((index + 1) * TileRows, Rows); row++)
                for (var head = 0; head < Shape.Heads; head++)
                    Delta[(long)head * Rows + row] =
                        AttentionTiles<L, V>.Dot(DO.At(row, head * Shape.HeadSize), O.At(row, head * Shape.HeadSize), Shape.HeadSize);
        }
    }

    /// <summary>
    /// The blocks of scores of one diagonal: a block of keys, the block of queries that sits <see cref="Diagonal"/> blocks of keys
    /// further on, all query heads of a key head. Adds to dk and dv of the keys and to dq of the queries.
    /// </summary>
    private struct BackwardJob : IJob
    {
        public IReadOnlyList<AttentionSpan> Spans;
        public AttentionShape Shape;
        public Plane DO, Q, K, V, Lse, DQ, DK, DV;
        public float* Delta;
        public float BetaQ, BetaK, BetaV;
        public int PitchO, PitchQ, PitchK, PitchV, PitchDQ, Rows, Block, Diagonal;

        /// <summary>Keys and queries of a block: as many as the second-level cache holds with everything that belongs to them.</summary>
        public static int BlockOf(AttentionShape shape) => shape.HeadSize <= 128 ? 144 : 96;

        /// <summary>Blocks of this diagonal; 0 where no query sees that far back, on this diagonal and all behind it.</summary>
        public readonly int Tiles()
        {
            // The nearest two of a block of queries and a block of keys are this far apart.
            if (Shape.Window > 0 && (long)Diagonal * Block - Block + 1 >= Shape.Window)
                return 0;
            var tiles = 0;
            for (var i = 0; i < Spans.Count; i++)
                tiles = checked(tiles + Shape.KeyHeads * Blocks(Spans[i], out _));
            return tiles;
        }

        public readonly void Tile(int index)
        {
            var (span, keyHead, block) = Find(index);
            var (d, offset, key) = (Shape.HeadSize, span.KeyLength - span.QueryLength, block * Block);
            var start = Math.Max((block + Diagonal) * Block, offset);
            var end = Math.Min((block + Diagonal + 1) * Block, span.KeyLength);
            var sight = new Sight(start - key, Shape.Window, end - start, Math.Min(Block, span.KeyLength - key));
            var b = new Buffers(d, Block);
            var (keyRow, keyCol, queryRow, readable) = (span.KeyStart + key, keyHead * d, span.QueryStart + start - offset, span.QueryLength - (start - offset));
            var width = AttentionTiles<L, V>.Padded(sight.Keys);
            AttentionTiles<L, V>.Pack(K.At(keyRow, keyCol), PitchK, sight.Keys, d, b.PackedK, b.Pitch, width);
            AttentionTiles<L, V>.Pack(V.At(keyRow, keyCol), PitchV, sight.Keys, d, b.PackedV, b.Pitch, width);
            new Span<float>(b.SumsK, sight.Keys * b.Padded).Clear();
            new Span<float>(b.SumsV, sight.Keys * b.Padded).Clear();
            nint pitchK = PitchK;
            var keyRows = AttentionTiles<L, V>.WholeVectors(K.At(keyRow, keyCol), ref pitchK, sight.Keys, d, b.KeyRows);
            var group = Shape.Heads / Shape.KeyHeads;
            for (var head = keyHead * group; head < (keyHead + 1) * group; head++)
            {
                float* q = Q.At(queryRow, head * d), dO = DO.At(queryRow, head * d);
                AttentionGradientKernel<L, V>.Scores(q, PitchQ, readable, d, b.PackedK, sight, b.P, b.Pitch, b.Tile);
                AttentionGradientKernel<L, V>.Scores(dO, PitchO, readable, d, b.PackedV, sight, b.DS, b.Pitch, b.Tile);
                AttentionGradientKernel<L, V>.Gradients(b.P, b.DS, b.Pitch, sight, Shape, Lse.At(head, queryRow), Delta + (long)head * Rows + queryRow);
                nint pitch = PitchO;
                var rows = AttentionTiles<L, V>.WholeVectors(dO, ref pitch, sight.Queries, d, b.QueryRows);
                AttentionGradientKernel<L, V>.AddToKeys(b.P, b.Pitch, sight, rows, pitch, b.Padded, b.SumsV);
                pitch = PitchQ;
                rows = AttentionTiles<L, V>.WholeVectors(q, ref pitch, sight.Queries, d, b.QueryRows);
                AttentionGradientKernel<L, V>.AddToKeys(b.DS, b.Pitch, sight, rows, pitch, b.Padded, b.SumsK);
                if (DQ.At(0, 0) != null)
                    AttentionGradientKernel<L, V>.PutQueries(
                        b.DS, b.Pitch, sight, keyRows, pitchK, d, Shape.Scale, DQ.At(queryRow, head * d), PitchDQ, BetaQ, b.Tile);
            }
            for (var i = 0; i < sight.Keys; i++)
            {
                if (DK.At(0, 0) != null)
                    AttentionTiles<L, V>.Put(b.SumsK + i * b.Padded, Shape.Scale, DK.At(keyRow + i, keyCol), BetaK, d);
                if (DV.At(0, 0) != null)
                    AttentionTiles<L, V>.Put(b.SumsV + i * b.Padded, 1, DV.At(keyRow + i, keyCol), BetaV, d);
            }
        }

        // Blocks of keys of a span that have a block of queries on this diagonal.
        private readonly int Blocks(AttentionSpan span, out int first)
        {
            first = Math.Max(0, Math.Max(0, span.KeyLength - span.QueryLength) / Block - Diagonal);
            return span.QueryLength == 0 ? 0 : Math.Max(0, (span.KeyLength + Block - 1) / Block - Diagonal - first);
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
            public readonly float* PackedK, PackedV, P, DS, SumsK, SumsV, KeyRows, QueryRows, Tile;

            public Buffers(int headSize, int block)
            {
                // Room for a last incomplete row of tiles.
                const int rest = 8;
                var scratch = new Scratch();
                (Padded, Pitch) = (AttentionTiles<L, V>.Padded(headSize), AttentionGradientKernel<L, V>.Pitch(block));
                PackedK = scratch.Take(headSize * Pitch);
                PackedV = scratch.Take(headSize * Pitch);
                P = scratch.Take((block + rest) * Pitch);
                DS = scratch.Take((block + rest) * Pitch);
                SumsK = scratch.Take((block + rest) * Padded);
                SumsV = scratch.Take((block + rest) * Padded);
                Tile = scratch.Take(rest * Padded);
                KeyRows = scratch.Take(block * Padded);
                QueryRows = scratch.Take(block * Padded);
            }
        }
    }
}
