using Attune.Data;
using Attune.Problems;
using FsCheck;
using FsCheck.Fluent;

namespace Attune.Tests.Data;

public class PackerTests
{
    private static Example Row(int positions, int row) => new(
        [.. Enumerable.Range(row * 1000, positions + 1)], [.. Enumerable.Range(0, positions + 1).Select(i => i > positions / 2)], "t.jsonl", row + 1, (ulong)row);

    private static List<Example> Rows(IEnumerable<int> positions) => [.. positions.Select(Row)];

    private static Packer Pack(IReadOnlyList<Example> rows, int step, int micro = 0, ulong seed = 1, bool shuffle = true) =>
        new(rows, new PackerOptions { StepTokens = step, MicroTokens = micro, Seed = seed, Shuffle = shuffle });

    private static readonly Gen<(int[] Lengths, int Step, int Micro, int Seed)> Cases =
        from lengths in Gen.Choose(1, 40).ArrayOf(60)
        from step in Gen.Choose(40, 300)
        from micro in Gen.Choose(40, 300)
        from seed in Gen.Choose(0, 1000)
        select (lengths, step, micro, seed);

    private static void Holds(Func<(int[] Lengths, int Step, int Micro, int Seed), bool> property) =>
        Prop.ForAll(Cases.ToArbitrary(), property).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true));

    [Fact]
    public void Every_example_comes_exactly_once_an_epoch() => Holds(c =>
    {
        var packer = Pack(Rows(c.Lengths), c.Step, c.Micro, (ulong)c.Seed);
        return Enumerable.Range(0, 2).All(epoch =>
            Enumerable.Range(0, packer.StepsIn(epoch)).SelectMany(s => packer.Get(new(epoch, s)).MicroBatches).SelectMany(b => b.Rows)
                .Order().SequenceEqual(Enumerable.Range(0, c.Lengths.Length)));
    });

    [Fact]
    public void No_batch_exceeds_its_budget() => Holds(c =>
        Pack(Rows(c.Lengths), c.Step, c.Micro, (ulong)c.Seed).Steps(default, 2).All(s =>
            s.Tokens <= c.Step && s.MicroBatches.All(b => b.Tokens > 0 && b.Tokens <= Math.Min(c.Step, c.Micro))));

    [Fact]
    public void The_rows_of_a_step_do_not_depend_on_the_micro_batches() => Holds(c =>
    {
        var rows = Rows(c.Lengths);
        var (one, many) = (Pack(rows, c.Step, 0, (ulong)c.Seed), Pack(rows, c.Step, 40, (ulong)c.Seed));
        return one.Steps(default, 1).Zip(many.Steps(default, 1)).All(p =>
            p.First.Rows.SequenceEqual(p.Second.Rows) && p.First.TrainedTokens == p.Second.TrainedTokens
            && Offsets(p.First).SequenceEqual(Offsets(p.Second)));

        static IEnumerable<(int, int)> Offsets(OptimizerStep step) =>
            step.MicroBatches.SelectMany(b => b.Rows.Zip(b.StepOffsets)).Order();
    });

    [Fact]
    [Trait("SilentFailure", "9")]
    public void Positions_restart_and_targets_stay_within_their_sequence() => Holds(c =>
    {
        var rows = Rows(c.Lengths);
        return Pack(rows, c.Step, c.Micro, (ulong)c.Seed).Steps(default, 1).SelectMany(s => s.MicroBatches).All(b =>
        {
            var at = 0;
            for (var s = 0; s < b.Rows.Length; s++)
            {
                var example = rows[b.Rows[s]];
                var n = b.SequenceLengths[s];
                if (b.SequenceStarts[s] != at || n != example.Ids.Length - 1) return false;
                for (var i = 0; i < n; i++)
                {
                    if (b.Positions[at + i] != i || b.Ids[at + i] != example.Ids[i] || b.Targets[at + i] != example.Ids[i + 1]) return false;
                    if (b.Weights[at + i] != (example.Trained[i + 1] ? 1 : 0)) return false;
                }
                at += n;
            }
            return at == b.Tokens && b.TrainedTokens == b.Weights.Count(w => w == 1);
        });
    });

    [Fact]
    [Trait("SilentFailure", "8")]
    public void The_normaliser_counts_the_trained_tokens_of_the_whole_step()
    {
        var rows = Rows([10, 7, 3, 8, 2, 9]);
        var whole = Assert.Single(Pack(rows, 100).Steps(default, 1));
        var split = Assert.Single(Pack(rows, 100, 10).Steps(default, 1));
        Assert.True(split.MicroBatches.Count > 3);
        Assert.Equal(rows.Sum(r => r.TrainedTokens), whole.TrainedTokens);
        Assert.Equal(whole.TrainedTokens, split.TrainedTokens);
        Assert.Equal(split.TrainedTokens, split.MicroBatches.Sum(b => b.TrainedTokens));
    }

    [Fact]
    [Trait("SilentFailure", "16")]
    public void The_same_seed_gives_the_same_batches_and_another_seed_others()
    {
        var rows = Rows(Enumerable.Range(0, 50).Select(i => 5 + i * 7 % 23));
        Assert.Equal(Order(1, 0), Order(1, 0));
        Assert.NotEqual(Order(1, 0), Order(2, 0));
        Assert.NotEqual(Order(1, 0), Order(1, 1));

        List<int> Order(ulong seed, int epoch)
        {
            var packer = Pack(rows, 60, seed: seed);
            return [.. Enumerable.Range(0, packer.StepsIn(epoch)).SelectMany(s => packer.Get(new(epoch, s)).MicroBatches).SelectMany(b => b.Ids)];
        }
    }

    [Fact]
    [Trait("SilentFailure", "15")]
    public void A_cursor_resumes_with_the_very_next_step()
    {
        var rows = Rows(Enumerable.Range(0, 40).Select(i => 3 + i % 17));
        var all = Pack(rows, 64).Steps(default, 3).ToList();
        Assert.Equal(Pack(rows, 64).TotalSteps(3), all.Count);
        foreach (var stop in new[] { 1, all.Count / 2, all.Count - 1 })
        {
            var resumed = Pack(rows, 64).Steps(all[stop].Cursor, 3).ToList();
            Assert.Equal(all.Skip(stop).SelectMany(s => s.Rows), resumed.SelectMany(s => s.Rows));
        }
    }

    [Fact]
    public void Steps_are_full_and_alike()
    {
        var packer = Pack(Rows(Enumerable.Range(0, 300).Select(i => 10 + i * 37 % 90)), 512);
        var tokens = packer.Steps(default, 1).Select(s => s.Tokens).ToList();
        Assert.True(packer.Efficiency(0) > 0.93, $"efficiency {packer.Efficiency(0)}");
        Assert.True(tokens.Min() > 0.8 * tokens.Max(), string.Join(' ', tokens));
    }

    [Fact]
    public void Evaluation_keeps_the_order_of_the_data()
    {
        var packer = Pack(Rows([5, 5, 5, 5, 5]), 10, shuffle: false);
        Assert.Equal([0, 1, 2, 3, 4], packer.Steps(default, 1).SelectMany(s => s.Rows));
    }

    [Fact]
    public void A_row_that_no_batch_can_hold_is_named()
    {
        var error = Assert.Throws<UserErrorException>(() => Pack(Rows([5, 30]), 20));
        Assert.Contains("t.jsonl, row 2", error.Message, StringComparison.Ordinal);
        Assert.Contains("train.batch_tokens", error.Message, StringComparison.Ordinal);
        Assert.Throws<UserErrorException>(() => Pack([], 20));
    }
}
