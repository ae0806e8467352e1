using Attune.Search;

namespace Attune.Tests.Search;

/// <summary>A study in memory, with a clock that tests move.</summary>
internal sealed class MemoryStudyStore(TimeProvider clock) : IStudyStore
{
    private readonly Lock gate = new();
    private readonly List<Trial> trials = [];

    public Trial? Claim(string owner, TimeSpan lease, Func<int, IReadOnlyList<Trial>, IReadOnlyList<ParameterValue>?> propose)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            var number = trials.FindIndex(t => t.State == TrialState.Waiting || (t.State == TrialState.Running && t.LeaseEnds <= now));
            if (number < 0)
            {
                if (propose(trials.Count, [.. trials]) is not { } values)
                    return null;
                number = trials.Count;
                trials.Add(new Trial { Number = number, Values = values, State = TrialState.Waiting });
            }
            return trials[number] = trials[number] with
            {
                State = TrialState.Running,
                Owner = owner,
                LeaseEnds = now + lease,
                Attempts = trials[number].Attempts + 1,
            };
        }
    }

    public bool Beat(int number, string owner, TimeSpan lease) => Change(number, owner, t => t with { LeaseEnds = clock.GetUtcNow() + lease });

    public bool Report(int number, string owner, TrialReport report) => Change(
        number, owner, t => t with { Reports = [.. t.Reports.Where(r => r.Step != report.Step).Append(report).OrderBy(static r => r.Step)] });

    public bool End(int number, string owner, TrialEnd end) => Change(
        number, owner, t => t with { State = end.State, Result = end.Result, Error = end.Error, LeaseEnds = null });

    public bool Release(int number, string owner) => Change(number, owner, static t => t with { State = TrialState.Waiting, LeaseEnds = null });

    public IReadOnlyList<Trial> Trials()
    {
        lock (gate)
            return [.. trials];
    }

    public void Dispose()
    {
    }

    private bool Change(int number, string owner, Func<Trial, Trial> change)
    {
        lock (gate)
        {
            if (number < 0 || number >= trials.Count || trials[number].State != TrialState.Running || trials[number].Owner != owner)
                return false;
            trials[number] = change(trials[number]);
            return true;
        }
    }
}
