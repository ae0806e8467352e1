using Attune.Data;
using FsCheck;
using FsCheck.Fluent;

namespace Attune.Tests.Data;

/// <summary>Rows that are seen more or less often than once an epoch.</summary>
public class PackerWeightTests
{
    private const int Epochs = 12;

    private static readonly Gen<(int[] Eighths, int Seed)> Cases =
        from eighths in Gen.Choose(1, 30).ArrayOf(25)
        from seed in Gen.Choose(0, 1000)
        select (eighths, seed);

    private static Example Row(int i, double weight) =>
        new([.. Enumerable.Range(0, 3 + i % 7)], [false, .. Enumerable.Repeat(true, 2 + i % 7)], "t.jsonl", i + 1, (ulong)i) { Weight = weight };

    private static Packer Pack(IEnumerable<double> weights, int seed, int step = 40) =>
        new([.. weights.Select((w, i) => Row(i, w))], new PackerOptions { StepTokens = step, MicroTokens = 16, Seed = (ulong)seed });

    private static int[] Seen(Packer packer, int epoch) =>
        [.. Enumerable.Range(0, packer.StepsIn(epoch)).SelectMany(s => packer.Get(new(epoch, s)).MicroBatches).SelectMany(b => b.Rows)];

    private static void Holds(Func<(int[] Eighths, int Seed), bool> property) =>
        Prop.ForAll(Cases.ToArbitrary(), property).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true));

    [Fact]
    public void A_row_comes_as_often_as_its_weight_says_to_within_one_at_any_time() => Holds(c =>
    {
        var packer = Pack(c.Eighths.Select(e => e / 8.0), c.Seed);
        var counts = new int[c.Eighths.Length];
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            foreach (var row in Seen(packer, epoch)) counts[row]++;
            for (var i = 0; i < counts.Length; i++)
                if (Math.Abs(counts[i] - c.Eighths[i] / 8.0 * (epoch + 1)) >= 1) return false;
        }
        return true;
    });

    [Fact]
    public void Whole_weights_hold_in_every_epoch() => Holds(c =>
    {
        var packer = Pack(c.Eighths.Select(e => (double)e), c.Seed);
        return Seen(packer, c.Seed).GroupBy(r => r).All(g => g.Count() == c.Eighths[g.Key]) && Seen(packer, c.Seed).Distinct().Count() == c.Eighths.Length;
    });

    [Fact]
    public void Epochs_are_a_pure_function_and_budgets_hold_with_a_row_twice_in_a_step() => Holds(c =>
    {
        var (packer, again) = (Pack(c.Eighths.Select(e => e / 4.0), c.Seed), Pack(c.Eighths.Select(e => e / 4.0), c.Seed));
        _ = again.StepsIn(5);
        return packer.Steps(default, 2).All(step =>
        {
            var offsets = step.MicroBatches.SelectMany(b => b.StepOffsets.Zip(b.SequenceLengths)).Order().ToList();
            var laid = offsets.Zip(offsets.Skip(1)).All(p => p.First.First + p.First.Second == p.Second.First);
            return laid && offsets[0].First == 0 && step.Tokens <= 40 && step.MicroBatches.All(b => b.Tokens <= 16) && again.Get(step.Cursor).Rows.SequenceEqual(step.Rows);
        });
    });

    [Fact]
    public void Rows_of_half_weight_take_turns()
    {
        var packer = Pack(Enumerable.Repeat(0.5, 200), 7);
        Assert.Empty(Seen(packer, 0).Intersect(Seen(packer, 1)));
        Assert.Equal(200, Seen(packer, 0).Length + Seen(packer, 1).Length);
        Assert.InRange(Seen(packer, 0).Length, 70, 130);
    }

    [Fact]
    public void An_epoch_has_a_step_however_little_weight_there_is()
    {
        var packer = Pack([0.01, 0.01], 1);
        Assert.All(Enumerable.Range(0, 5), epoch => Assert.Single(Seen(packer, epoch)));
    }

    [Fact]
    public void Rows_that_are_measured_on_come_once_each() =>
        Assert.Equal(Enumerable.Range(0, 5), new Packer([.. Enumerable.Range(0, 5).Select(i => Row(i, 3))], new PackerOptions { StepTokens = 100, Shuffle = false }).Get(default).Rows);
}
