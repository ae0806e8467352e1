using Attune.Data;

namespace Attune.Augmentation;

/// <summary>Makes what needs no model, and lists what a model is to make: methods take turns, and where one can do nothing with a row the next one tries.</summary>
internal sealed class RuleWork(AugmentOptions options, KnownPrompts known, Tally tally)
{
    // A draw may give what is there already; another one mostly does not.
    private const int Tries = 5;

    private readonly List<Candidate> made = [];
    private readonly List<Job> jobs = [];
    private CopiedValues values = new([]);

    /// <summary>Goes over the rows of every class, one new row of each a round, until it has what is wanted.</summary>
    public (IReadOnlyList<Candidate> Made, IReadOnlyList<Job> Jobs) Execute(AugmentPlan plan, CancellationToken cancel)
    {
        values = new CopiedValues([.. plan.Classes.SelectMany(static c => c.Rows).Select(static r => r.Texts)]);
        foreach (var some in plan.Classes)
        {
            var count = 0;
            for (var round = 0; round < options.Times; round++)
            {
                foreach (var row in some.Rows.TakeWhile(_ => count < some.Wanted))
                {
                    cancel.ThrowIfCancellationRequested();
                    if (Make(row, round, some))
                        count++;
                }
            }
        }
        return (made, jobs);
    }

    private bool Make(SourceRow row, int round, AugmentClass some)
    {
        var first = round + (int)(Mixing.Bits((ulong)options.Seed, row.Key, (ulong)row.Index) % (ulong)options.By.Count);
        for (var i = 0; i < options.By.Count; i++)
        {
            var by = options.By[(first + i) % options.By.Count];
            tally.Try(by);
            if (by.Model is { } model)
            {
                IReadOnlyList<SourceRow> shown = model.IsOfSeveral ? [row, .. DrawOf(row, by, round).Some(some.Rows.Where(r => r != row), options.Shown - 1)] : [row];
                jobs.Add(new Job(row, shown, by, round, options));
                return true;
            }
            if (Change(row, by, round) is not { } reason)
                return true;
            tally.Drop(by, reason);
        }
        return false;
    }

    // Null where the new row is made.
    private string? Change(SourceRow row, Augmenter by, int round)
    {
        var reason = "nothing in the prompt that it may change";
        for (var i = 0; i < Tries; i++)
        {
            // Two swaps may undo one another: that one draw changes nothing does not say that none does.
            if (by.Rule!.Apply(row.Texts, options.Alpha, DrawOf(row, by, round * Tries + i), values) is not { } texts)
                continue;
            var candidate = new Candidate(new Job(row, [row], by, round, options), texts);
            if (candidate.Chat is not { } chat)
                return "its texts make no row of the file's shape";
            reason = known.Judge(chat, row.Key);
            if (reason is null)
            {
                known.Add(chat, isGiven: false);
                made.Add(candidate);
                return null;
            }
        }
        return reason;
    }

    private Draw DrawOf(SourceRow row, Augmenter by, int number) => new((ulong)options.Seed, Mixing.Bits(row.Key, (ulong)row.Index), by.Name, number);
}
