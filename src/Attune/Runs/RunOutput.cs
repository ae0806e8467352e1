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
        var type = setup.Model.Folder.Config.WeightType ?? SafeTensorsType.F32;
        ModelWriter.Save(run.Model, setup.Model.Folder, info => model.Weights.Find(info.Name)?.Value ?? setup.Model.Folder.Held(info), type);
        if (setup.Recipe.Data.Template is not null && setup.Model.Template is { } given)
            AtomicFile.WriteText(Path.Combine(run.Model, "chat_template.jinja"), given.Source);
        return run.Model;
    }

    /// <summary>
    /// Loads what was saved as a stranger would, and compares logits on the first rows: equal bits for an adapter, and for a model
    /// saved in F32. Of a model saved narrower the trained weights are rounded first, here and in <paramref name="model"/> for good: what the
    /// rounding does to its logits is told, and is no matter of right or wrong.
    /// </summary>
    /// <returns>A sentence for the report.</returns>
    /// <exception cref="RunFailedException">They differ.</exception>
    public static string CheckParity(string path, RunSetup setup, TrainingModel model, Backend backend, Arena arena)
    {
        var examples = setup.Data.Shown.Take(3).Select(static e => e.Ids[..e.Positions]).ToArray();
        float[][] Logits() => [.. examples.Select(ids => LastLogits(model.Decoder, model.Adapters, ids, backend, arena))];
        var trained = Logits();
        var type = setup.Model.Folder.Config.WeightType ?? SafeTensorsType.F32;
        var narrower = setup.Method.SavesModel && type != SafeTensorsType.F32;
        foreach (var weight in narrower ? model.Weights.Parameters : [])
            WeightEncoder.Round(weight.Value, type);
        var expected = narrower ? Logits() : trained;
        // The stranger maps the base too: let go of first, it is not in memory twice.
        setup.Model.Folder.WasRead();
        using var loaded = setup.Method.SavesModel ? ModelContext.Open(path) : ModelContext.Open(setup.Recipe.Model, path);
        // A quantised base is not made a second time beside the first: it follows from the files, which are looked at here.
        var held = setup.Model.Folder.HeldAs is not null;
        var folder = setup.Method.SavesModel || !held ? loaded.Folder : model.Adapters is null ? WeightFiles.Put(path, setup.Model.Folder) : setup.Model.Folder;
        var decoder = folder.BuildFrozen();
        var adapters = model.Adapters is null ? null : PeftFiles.Load(path, decoder);
        var saved = examples.Select(ids => LastLogits(decoder, adapters, ids, backend, arena)).ToArray();
        var largest = expected.Max(static logits => logits.Max(Math.Abs));
        var worst = Apart(expected, saved);
        // A weight of two bytes may be multiplied by another kernel, which sums in another order.
        var allowed = (narrower || model.Adapters?.Options.IsSavedAsItRuns == false ? 0.001 : 0) * largest;
        // Said so that what is not a number is refused too.
        if (!(worst <= allowed))
            throw new RunFailedException(new Problem(path, $"the saved files do not give the logits that were trained: they differ by up to {worst:G3}", "this is a fault of Attune: keep the run's folder and report it; the checkpoints hold the trained weights"));
        if (narrower)
            return $"loaded again from disk, it gives the logits of the trained weights rounded to {type} on {examples.Length} rows; the rounding moves them by at most {Apart(trained, saved):G2} (largest logit {largest:G3})";
        return worst == 0
            ? $"loaded again from disk, it gives the same logits bit for bit on {examples.Length} rows"
            : $"loaded again from disk, its logits differ by at most {worst:G2} (largest logit {largest:G3}) on {examples.Length} rows";
    }

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
