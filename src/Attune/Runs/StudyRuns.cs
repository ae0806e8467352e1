using System.Security.Cryptography;
using System.Text;
using Attune.Engine.Backends;
using Attune.Recipes;

namespace Attune.Runs;

/// <summary>What studies of several runs share: which study a folder is of, and that a call goes on where the last one was stopped or killed.</summary>
internal static class StudyRuns
{
    /// <summary>What decides the runs of a study, by name, for the first line of its log.</summary>
    /// <param name="decides">The recipe without what the runs differ by; where its files lie and the machine are no matter.</param>
    /// <param name="setup">Of one of the runs: model and rows.</param>
    /// <param name="backend">Trains.</param>
    public static IReadOnlyList<(string Name, string Value)> SettingsOf(Recipe decides, RunSetup setup, Backend backend)
    {
        decides = RecipeKeys.Reset(decides, KeyRole.Machine);
        var text = RecipeWriter.Write(decides with
        {
            Model = "model",
            Output = null,
            Data = decides.Data with { Train = [], Valid = [], Test = [] },
            Train = decides.Train with { Seed = 0 },
        });
        return
        [
            ("recipe", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16))), ("model", setup.Model.Folder.HasWeights ? setup.Model.Folder.Fingerprint() : "from scratch"),
            ("training rows", RunIdentity.HashOf(setup.Data.Train)), ("held-out rows", RunIdentity.HashOf(setup.Data.Valid.Concat(setup.Data.Test))), ("products", Compute.Name(backend.Products)),
        ];
    }

    /// <summary>Brings a run to its end: one that is finished is kept, one that was begun goes on from its checkpoint, with the share of the machine that is wished now.</summary>
    /// <param name="recipe">Its output is the run's folder.</param>
    /// <param name="backend">Trains.</param>
    /// <param name="clock">For the run's log.</param>
    /// <param name="notice">Gets what is worth seeing.</param>
    /// <param name="cancel">Stops with a checkpoint.</param>
    public static RunDirectory ToEnd(Recipe recipe, Backend backend, TimeProvider clock, Action<RunNotice> notice, CancellationToken cancel)
    {
        var run = RunDirectory.At(recipe.Output!);
        if (!run.IsBegun)
            TrainRun.Execute(recipe, null, backend, clock, notice, cancel);
        else if (!run.IsFinished)
        {
            var begun = RecipeReader.ReadFile(run.Recipe);
            TrainRun.Execute(begun with { Limits = recipe.Limits, Train = begun.Train with { Threads = recipe.Train.Threads } }, run.Path, backend, clock, notice, cancel);
        }
        return run;
    }
}
