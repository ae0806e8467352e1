using Attune.Reports;
using Attune.Runs;

namespace Attune;

/// <summary>A tuned model with what was measured of it.</summary>
public sealed class FineTuned
{
    private readonly string model;
    private readonly bool isAdapter;

    internal FineTuned(string model, RunResult result)
    {
        (this.model, Folder, Saved, Metrics) = (model, result.Directory, result.Saved, result.Record.Metrics);
        isAdapter = Adapters.PeftFiles.IsAdapter(Saved) || Adapters.WeightFiles.IsThere(Saved);
        Gate = result.Record.Gate!;
        Findings = [.. Reports.Findings.Of(result.Record).Select(static f => $"{f.Title} {f.Evidence} {f.Advice}".Trim())];
    }

    /// <summary>The run's folder: report.html, the resolved recipe, metrics of every step, the result.</summary>
    public string Folder { get; }

    /// <summary>The adapter's folder, in PEFT's format; or the model's, where every weight was trained.</summary>
    public string Saved { get; }

    /// <summary>Measured before and after on the same rows, with 95 % intervals of the change.</summary>
    public IReadOnlyList<MetricChange> Metrics { get; }

    /// <summary>Whether the result may be used, by the guard of the recipe; met where nothing is demanded.</summary>
    public Gate Gate { get; }

    /// <summary>What the report concludes, one sentence or two each.</summary>
    public IReadOnlyList<string> Findings { get; }

    /// <summary>Opens the result to talk to it.</summary>
    /// <param name="threads">Compute threads; null for one a processor.</param>
    public AttuneChatClient OpenChat(int? threads = null) =>
        isAdapter ? AttuneChatClient.Open(model, Saved, threads: threads) : AttuneChatClient.Open(Saved, threads: threads);
}
