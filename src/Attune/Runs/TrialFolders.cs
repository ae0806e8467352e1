using System.Globalization;
using Attune.Recipes;
using Attune.Search;

namespace Attune.Runs;

/// <summary>The folders of a study's trials: each a run of its own, kept as it is but for the weights of those that lost.</summary>
internal static class TrialFolders
{
    // What of a run takes room.
    private static readonly string[] Weights = ["adapter", "model", "checkpoints"];

    /// <summary>The folder of a trial.</summary>
    public static string Of(string study, int number) => Path.Combine(study, "trials", number.ToString("0000", CultureInfo.InvariantCulture));

    /// <summary>Deletes what nobody needs any more of the trials that lie here: another machine's lie there.</summary>
    public static void Clear(string study, IReadOnlyList<Trial> trials, Trial? best, KeptTrials keep)
    {
        foreach (var trial in trials.Where(t => t.IsOver && t != best && !(keep == KeptTrials.All && t.State == TrialState.Done)))
        {
            foreach (var name in Weights)
                Delete(Path.Combine(Of(study, trial.Number), name));
        }
    }

    private static void Delete(string path)
    {
        try
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It only takes room; the next trial that ends tries again.
        }
    }
}
