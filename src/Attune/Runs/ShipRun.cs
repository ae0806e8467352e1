using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;

namespace Attune.Runs;

/// <summary>What a run was judged as.</summary>
/// <param name="Saved">Its adapter or model.</param>
/// <param name="Record">What was measured, with the gate.</param>
public sealed record ShipResult(string Saved, RunRecord Record)
{
    /// <summary>Every condition with its reason.</summary>
    public Gate Gate => Record.Gate!;
}

/// <summary>Judges a finished run by a guard, for pipelines: nothing is loaded or computed, only what was measured is held against what is demanded.</summary>
public static class ShipRun
{
    /// <summary>Judges.</summary>
    /// <param name="folder">The run's folder; it may have been moved.</param>
    /// <param name="policies">Further recipes whose guard wins over the run's own.</param>
    /// <param name="settings">Keys of the guard that win over both.</param>
    /// <exception cref="UserErrorException">The run is not finished, or nothing is demanded of it.</exception>
    public static ShipResult Execute(string folder, IReadOnlyList<string> policies, IReadOnlyList<Setting> settings)
    {
        var run = RunDirectory.Existing(folder);
        if (!run.IsFinished || !File.Exists(run.Report))
            throw new UserErrorException(folder, "the run is not finished: it has no report.json and manifest.json", $"go on with it: attune train --resume {folder}");
        var guard = GuardReader.Read([run.Recipe, .. policies], settings);
        var record = ReportReader.Read(run.Report);
        var gate = Gate.Of(record, guard);
        if (gate.Conditions.Count == 0)
        {
            throw new UserErrorException(
                "guard", "nothing is demanded of the result", "set guard keys in the recipe, or give them here: --guard-gain 0 --guard-forgetting 5%");
        }
        var saved = run.Saved;
        return new ShipResult(saved, record with { Gate = gate with { Conditions = [.. gate.Conditions, Files(run, saved)] } });
    }

    // What was measured and what lies there must be the same, or the numbers are another model's.
    private static GateCondition Files(RunDirectory run, string saved)
    {
        var measured = Manifest.Load(run.Manifest).Files.Where(static f => f.Role is Manifest.ResultRole or Manifest.ReportRole).ToArray();
        var wrong = new List<string>();
        foreach (var file in measured)
        {
            // By its name: the run's folder may have been moved since.
            var now = Path.Combine(file.Role == Manifest.ReportRole ? run.Path : saved, Path.GetFileName(file.Path));
            if (!File.Exists(now))
                wrong.Add($"{Path.GetFileName(now)} is gone");
            else if (ManifestFile.Of(file.Role, now).Sha256 != file.Sha256)
                wrong.Add($"{Path.GetFileName(now)} was altered");
        }
        return new GateCondition(
            "files", "the saved files and the report are those that the run wrote", measured.Length == 0 ? "the manifest names no file" : wrong.Count == 0 ? $"{measured.Length} files have the hashes of the manifest" : string.Join(", ", wrong),
            measured.Length > 0 && wrong.Count == 0);
    }
}
