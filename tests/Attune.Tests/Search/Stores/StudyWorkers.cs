using System.Diagnostics;
using System.Globalization;
using Attune.Search;
using Attune.Search.Stores;
using Attune.Tests.Formats;
using Attune.Tests.Runs;

namespace Attune.Tests.Search.Stores;

/// <summary>Processes that work on one study as fast as they can, each with a list of what it did; what runs in them is <see cref="Work"/>.</summary>
internal sealed class StudyWorkers(string place, StudyIdentity identity, int trials) : IAsyncDisposable
{
    private const string PlaceName = "ATTUNE_TEST_STUDY", ListName = "ATTUNE_TEST_LIST", TextName = "ATTUNE_TEST_IDENTITY", TrialsName = "ATTUNE_TEST_TRIALS", HangName = "ATTUNE_TEST_HANG";
    private static readonly TimeSpan Lease = TimeSpan.FromHours(1);

    private readonly TempFolder folder = new();
    private readonly List<Process> processes = [];
    private readonly List<string> lines = [];

    /// <summary>Whether this process is one of them.</summary>
    public static bool IsOne => Environment.GetEnvironmentVariable(PlaceName) is not null;

    /// <summary>Starts one.</summary>
    /// <param name="hangAt">Its how manieth trial it takes and never lets go of; 0 for none.</param>
    /// <returns>Its number.</returns>
    public int Start(int hangAt = 0)
    {
        processes.Add(CliProcess.Start(
        [
            ("DOTNET_STARTUP_HOOKS", typeof(StartupHook).Assembly.Location), (PlaceName, place), (TextName, identity.Text), (ListName, List(processes.Count)),
            (TrialsName, trials.ToString(CultureInfo.InvariantCulture)), (HangName, hangAt.ToString(CultureInfo.InvariantCulture)),
        ], ["doctor"]));
        return processes.Count - 1;
    }

    /// <summary>Waits until one has done something.</summary>
    public async Task Until(int worker, string kind)
    {
        while (!Read(worker).Any(l => l.StartsWith(kind, StringComparison.Ordinal)))
        {
            // Where others were quicker there may be nothing left to begin.
            if (processes[worker].HasExited)
                return;
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Kills one.</summary>
    public async Task Kill(int worker)
    {
        processes[worker].Kill();
        await Ended(worker);
    }

    /// <summary>Waits for one's end.</summary>
    public async Task<int> Ended(int worker)
    {
        await processes[worker].WaitForExitAsync(TestContext.Current.CancellationToken);
        return processes[worker].ExitCode;
    }

    /// <summary>What all of them did of one kind, once they are over.</summary>
    public IEnumerable<(string Owner, int Number)> Lines(string kind) => lines.Select(static l => l.Split(' ')).Where(l => l[0] == kind)
        .Select(static l => (l[1], int.Parse(l[2], CultureInfo.InvariantCulture)));

    /// <summary>The work of such a process.</summary>
    public static void Work()
    {
        static string Of(string name) => Environment.GetEnvironmentVariable(name)!;
        var (most, hang) = (int.Parse(Of(TrialsName), CultureInfo.InvariantCulture), int.Parse(Of(HangName), CultureInfo.InvariantCulture));
        var owner = $"{Environment.MachineName}/{Environment.ProcessId}";
        // Beside the study, each line is in the file before the next step: it is what a killed process leaves.
        using var list = new StreamWriter(new FileStream(Of(ListName), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        using var study = StudyStores.Open(Of(PlaceName), new StudyIdentity("study", Of(TextName)));
        for (var taken = 1; ; taken++)
        {
            var trial = study.Claim(owner, Lease, (number, _) => number < most ? [new ParameterValue("key", $"{number}")] : null);
            if (trial is null)
            {
                if (study.Trials().All(static t => t.IsOver))
                    return;
                Thread.Sleep(50);
                taken--;
                continue;
            }
            list.WriteLine($"begin {owner} {trial.Number}");
            if (taken == hang)
            {
                // Its lease ends soon, so that the test need not wait for it.
                study.Beat(trial.Number, owner, TimeSpan.FromSeconds(0.2));
                list.WriteLine($"hang {owner} {trial.Number}");
                Thread.Sleep(Timeout.Infinite);
            }
            var isMine = study.Report(trial.Number, owner, new TrialReport(1, trial.Number)) && study.Beat(trial.Number, owner, Lease)
                && study.End(trial.Number, owner, new TrialEnd(TrialState.Done, trial.Number));
            list.WriteLine($"{(isMine ? "end" : "lost")} {owner} {trial.Number}");
        }
    }

    private string List(int worker) => folder.File($"worker-{worker}.txt");

    private string[] Read(int worker)
    {
        if (!File.Exists(List(worker)))
            return [];
        using var reader = new StreamReader(new FileStream(List(worker), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public async ValueTask DisposeAsync()
    {
        for (var worker = 0; worker < processes.Count; worker++)
        {
            if (!processes[worker].HasExited)
                processes[worker].Kill();
            await processes[worker].WaitForExitAsync(CancellationToken.None);
            lines.AddRange(Read(worker));
            processes[worker].Dispose();
        }
        folder.Dispose();
    }
}
