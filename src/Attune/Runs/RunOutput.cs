using Attune.Adapters;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;
using Attune.Training;

namespace Attune.Runs;

/// <summary>Saves what a run made, and proves that what is on disk is what was trained.</summary>
internal static class RunOutput
{
    /// <summary>Saves the adapter, or the whole model.</summary>
    public static string Save(RunDirectory run, RunSetup setup, TrainingModel model)
    {
        if (model.Adapters is { } adapters)
        {
            PeftFiles.Save(run.Adapter, adapters, setup.Recipe.Model);
            setup.Model.WriteOrigin(run.Adapter);
            return run.Adapter;
        }
        if (!setup.Method.SavesModel)
        {
            WeightFiles.Save(run.Adapter, model.Result, i => model.Weights.Find(i.Name)!.Value, setup.Recipe.Model);
            setup.Model.WriteOrigin(run.Adapter);
            return run.Adapter;
        }
        ModelWriter.Save(run.Model, setup.Model.Folder, model.Weight, setup.Model.Folder.SavedAs);
        if (setup.Recipe.Data.Template is not null && setup.Model.Template is { } given)
            AtomicFile.WriteText(Path.Combine(run.Model, "chat_template.jinja"), given.Source);
        return run.Model;
    }

    /// <summary>
    /// Loads what was saved as a stranger would, and compares logits on the first rows: equal bits for an adapter, and for a model
    /// saved in F32. Of a model saved narrower every weight is rounded first as saving rounds it, those that train in <paramref name="model"/> for
    /// good: what the rounding does to its logits is told, and is no matter of right or wrong.
    /// </summary>
    /// <returns>A sentence for the report.</returns>
    /// <exception cref="RunFailedException">They differ.</exception>
    public static string CheckParity(string path, RunSetup setup, TrainingModel model, Backend backend, Arena arena)
    {
        var examples = setup.Data.Shown.Take(3).Select(static e => e.Ids[..e.Positions]).ToArray();
        float[][] Logits(Decoder decoder, IAdapterSet? adapters) => [.. examples.Select(ids => LastLogits(decoder, adapters, ids, backend, arena))];
        var trained = Logits(model.Decoder, model.Adapters);
        var type = setup.Model.Folder.SavedAs;
        var narrower = setup.Method.SavesModel && type != SafeTensorsType.F32;
        // The stranger maps the base too: let go of first, it is not in memory twice.
        setup.Model.Folder.WasRead();
        using var loaded = setup.Method.SavesModel ? ModelContext.Open(path) : ModelContext.Open(setup.Recipe.Model, path);
        // A quantised base is not made a second time beside the first: it follows from the files, which are looked at here.
        var held = setup.Model.Folder.HeldAs is not null;
        var folder = setup.Method.SavesModel || !held ? loaded.Folder : model.Adapters is null ? WeightFiles.Put(path, setup.Model.Folder) : setup.Model.Folder;
        var decoder = folder.BuildFrozen();
        var adapters = model.Adapters is null ? null : PeftFiles.Load(path, decoder);
        var saved = Logits(decoder, adapters);
        var expected = narrower ? Logits(AsSaved(path, model, loaded.Folder), null) : trained;
        var largest = expected.Max(static logits => logits.Max(Math.Abs));
        var worst = Apart(expected, saved);
        // A weight of two bytes may be multiplied by another kernel, which sums in another order.
        var allowed = (narrower || model.Adapters?.Options.IsSavedAsItRuns == false ? 0.001 : 0) * largest;
        // Said so that what is not a number is refused too.
        if (!(worst <= allowed))
            throw Differs(path, $"do not give the logits that were trained: they differ by up to {worst:G3}");
        if (narrower)
            return $"loaded again from disk, it gives the logits of the trained weights rounded to {type} on {examples.Length} rows; the rounding moves them by at most {Apart(trained, saved):G2} (largest logit {largest:G3})";
        return worst == 0
            ? $"loaded again from disk, it gives the same logits bit for bit on {examples.Length} rows"
            : $"loaded again from disk, its logits differ by at most {worst:G2} (largest logit {largest:G3}) on {examples.Length} rows";
    }

    // The model with its weights as saving rounds them. Those that train are rounded in their place. The others are proved to stand in the file as they
    // ran, rounded, and are then taken from there: what ran in a few bits would take several times its memory.
    private static Decoder AsSaved(string path, TrainingModel model, ModelFolder saved)
    {
        var type = saved.SavedAs;
        return model.Folder.Build(info =>
        {
            var ran = model.Weight(info);
            if (model.Weights.Find(info.Name) is { } own)
            {
                WeightEncoder.Round(ran, type);
                own.Changed();
                return own;
            }
            // Turned on saving, it is no matrix of this decoder's as it stands in the file.
            if (model.Folder.HoldsTransposes && info.Role == ParameterRole.Matrix)
                return new Parameter(info.Name, WeightEncoder.Rounded(ran, type));
            var stored = saved.Stored(info);
            return WeightEncoder.AreSaved(info.Name, ran, stored)
                ? new Parameter(info.Name, stored)
                : throw Differs(path, $"do not hold the weight {info.Name} as it ran");
        });
    }

    private static RunFailedException Differs(string path, string how) =>
        new(new Problem(path, $"the saved files {how}", "this is a fault of Attune: keep the run's folder and report it; the checkpoints hold the trained weights"));

    private static double Apart(float[][] a, float[][] b)
    {
        double worst = 0;
        foreach (var (left, right) in a.Zip(b))
        {
            for (var i = 0; i < left.Length; i++)
                // What is not a number stays one.
                worst = Math.Abs((double)left[i] - right[i]) is var apart && apart <= worst ? worst : apart;
        }
        return worst;
    }

    private static float[] LastLogits(Decoder model, IAdapterSet? adapters, ReadOnlySpan<int> ids, Backend backend, Arena arena)
    {
        using var tape = new Tape(backend, arena, record: false);
        return model.Logits(tape, Pass.Packed([ids.Length]) with { Adapters = adapters }, ids, [ids.Length - 1]).ToArray();
    }
}
