using Attune.Problems;

namespace Attune.Data;

/// <summary>Budgets of a packer, in positions.</summary>
public sealed record PackerOptions
{
    /// <summary>At most this many positions in one optimizer step.</summary>
    public required int StepTokens { get; init; }

    /// <summary>At most this many positions in one micro-batch: the bound that the memory plan relies on. 0 means as many as the step.</summary>
    public int MicroTokens { get; init; }

    /// <summary>The first epoch, from 0, that has delayed examples.</summary>
    public int DelayedFrom { get; init; }

    /// <summary>Seed of the shuffle.</summary>
    public ulong Seed { get; init; }

    /// <summary>False keeps the order of the data, for evaluation.</summary>
    public bool Shuffle { get; init; } = true;
}

/// <summary>Puts examples into optimizer steps and steps into micro-batches, without padding. A pure function of data, options and epoch.</summary>
/// <remarks>
/// Rows enter a step in the shuffled order while they fit; what is left over is filled with the longest that fits among the next
/// <see cref="Window"/> (best fit). The steps of an epoch aim at equal size, so that the last is not a crumb with a noisy gradient.
/// A step's rows do not depend on <see cref="PackerOptions.MicroTokens"/>; only within the step does best-fit decreasing make micro-batches.
/// </remarks>
public sealed class Packer
{
    /// <summary>How many rows ahead are looked at to fill a gap.</summary>
    private const int Window = 256;

    private readonly IReadOnlyList<Example> examples;
    private readonly PackerOptions options;
    private readonly int microTokens;
    private (int Epoch, int[][] Steps) plan = (-1, []);

    /// <summary>Plans over the given examples; throws a user error if there are none or one does not fit the budgets.</summary>
    public Packer(IReadOnlyList<Example> examples, PackerOptions options)
    {
        (this.examples, this.options) = (examples, options);
        microTokens = options.MicroTokens > 0 ? Math.Min(options.MicroTokens, options.StepTokens) : options.StepTokens;
        if (examples.Count == 0) throw new UserErrorException("data", "no rows are left to train on", "see the data report for why rows were dropped");
        var longest = examples.MaxBy(e => e.Positions)!;
        if (longest.Positions > microTokens)
            throw new UserErrorException($"{longest.File}, row {longest.Row}", $"takes {longest.Positions} positions, but a batch holds {microTokens}",
                "raise train.batch_tokens, or lower the maximum length so that long rows are handled by the truncation policy");
    }

    /// <summary>What is packed; batches name examples by their index here.</summary>
    public IReadOnlyList<Example> Examples => this.examples;

    /// <summary>Steps of an epoch. Shuffles pack differently, so that epochs may differ by a step.</summary>
    public int StepsIn(int epoch) => Plan(epoch).Length;

    /// <summary>Steps of the first epochs together.</summary>
    public int TotalSteps(int epochs) => Enumerable.Range(0, epochs).Sum(e => Pack(e).Length);

    /// <summary>The share of an epoch's computed rows that are tokens, from 0 to 1: the rest fills passes up, see <see cref="PassRows"/>.</summary>
    public double Efficiency(int epoch)
    {
        var steps = Plan(epoch);
        return Positions(steps.SelectMany(rows => rows)) / (double)steps.Sum(RowsOf);
    }

    /// <summary>Rows of all passes of a step, filling included.</summary>
    public int RowsOf(DataCursor cursor) => RowsOf(Plan(cursor.Epoch)[cursor.Step]);

    /// <summary>The step at a cursor.</summary>
    public OptimizerStep Get(DataCursor cursor)
    {
        var rows = Plan(cursor.Epoch)[cursor.Step];
        var offsets = new int[rows.Length];
        for (var slot = 1; slot < rows.Length; slot++) offsets[slot] = offsets[slot - 1] + this.examples[rows[slot - 1]].Positions;
        var batches = Micro(rows).ConvertAll(m => Batch.Of(this.examples, m.ConvertAll(slot => rows[slot]), m.ConvertAll(slot => offsets[slot])));
        return new OptimizerStep(cursor, batches, rows, batches.Sum(b => b.TrainedTokens));
    }

    /// <summary>The cursor behind a step: the next in the epoch, or the first of the next epoch.</summary>
    public DataCursor After(DataCursor cursor) =>
        cursor.Step + 1 < StepsIn(cursor.Epoch) ? cursor with { Step = cursor.Step + 1 } : new DataCursor(cursor.Epoch + 1, 0);

    /// <summary>All steps from a cursor to the end of an epoch count.</summary>
    public IEnumerable<OptimizerStep> Steps(DataCursor from, int epochs)
    {
        for (var cursor = from; cursor.Epoch < epochs; cursor = After(cursor)) yield return Get(cursor);
    }

    private int[][] Plan(int epoch)
    {
        if (plan.Epoch != epoch) plan = (epoch, Pack(epoch));
        return plan.Steps;
    }

    private int[][] Pack(int epoch)
    {
        var order = Order(epoch);
        var (waiting, positions) = (new LinkedList<int>(order), Positions(order));
        var steps = new List<int[]>();
        var fewest = (positions + this.options.StepTokens - 1) / this.options.StepTokens;
        var aim = (positions + fewest - 1) / fewest;
        while (waiting.Count > 0)
        {
            var rows = new List<int>();
            for (long filled = 0; filled < aim && Take(waiting, this.options.StepTokens - filled) is { } row; filled += this.examples[row].Positions) rows.Add(row);
            steps.Add([.. rows]);
        }
        return [.. steps];
    }

    // The first that waits if it fits, else the longest within the window that does; the first of equals.
    private int? Take(LinkedList<int> waiting, long room)
    {
        LinkedListNode<int>? best = null;
        var node = waiting.First;
        for (var seen = 0; node is not null && seen < Window; seen++, node = node.Next)
        {
            var n = this.examples[node.Value].Positions;
            if (n > room || (best is not null && n <= this.examples[best.Value].Positions)) continue;
            best = node;
            if (seen == 0) break;
        }
        if (best is null) return null;
        waiting.Remove(best);
        return best.Value;
    }

    private int[] Order(int epoch)
    {
        if (!this.options.Shuffle) return [.. Enumerable.Range(0, this.examples.Count)];
        var order = Drawn(epoch);
        for (var i = order.Length - 1; i > 0; i--)
        {
            var j = Mixing.Below(Mixing.Bits(this.options.Seed, (ulong)epoch, (ulong)i), i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }

    // Each row as often as its weight says. What is left of a weight beyond whole numbers comes in turn: half a row is in every other epoch.
    private int[] Drawn(int epoch)
    {
        var drawn = new List<int>(this.examples.Count);
        for (var row = 0; row < this.examples.Count; row++)
        {
            if (this.examples[row].Delayed && epoch < this.options.DelayedFrom) continue;
            var weight = this.examples[row].Weight;
            var phase = weight == Math.Floor(weight) ? 0 : (Mixing.Bits(this.options.Seed, (ulong)row, ulong.MaxValue) >> 11) / (double)(1UL << 53);
            for (var n = Math.Floor(weight * (epoch + 1) + phase) - Math.Floor(weight * epoch + phase); n > 0; n--) drawn.Add(row);
        }
        // With few rows of little weight none may have its turn; an epoch without a step would be none.
        return drawn.Count > 0 ? [.. drawn] : [epoch % this.examples.Count];
    }

    private long Positions(IEnumerable<int> rows) => rows.Sum(row => (long)this.examples[row].Positions);

    private int RowsOf(int[] rows) => Micro(rows).Sum(m => PassRows.For(m.Sum(slot => this.examples[rows[slot]].Positions), microTokens));

    // Best-fit decreasing: each row, the longest first, goes where it leaves the least room. Rows by their place in the step: one may be there twice.
    private List<List<int>> Micro(int[] rows)
    {
        var bins = new List<(List<int> Slots, int Room)>();
        foreach (var slot in Enumerable.Range(0, rows.Length).OrderByDescending(i => this.examples[rows[i]].Positions))
        {
            var n = this.examples[rows[slot]].Positions;
            var best = -1;
            for (var b = 0; b < bins.Count; b++)
                if (bins[b].Room >= n && (best < 0 || bins[b].Room < bins[best].Room)) best = b;
            if (best < 0)
            {
                bins.Add(([slot], microTokens - n));
                continue;
            }
            bins[best].Slots.Add(slot);
            bins[best] = (bins[best].Slots, bins[best].Room - n);
        }
        return bins.ConvertAll(b => b.Slots);
    }
}
