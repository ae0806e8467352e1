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
            return WithOrigin(run.Adapter, setup);
        }
        if (!setup.Method.SavesModel)
        {
            WeightFiles.Save(run.Adapter, model.Weights.Infos, i => model.Weights.Find(i.Name)!.Value, setup.Recipe.Model);
            return WithOrigin(run.Adapter, setup);
        }
        var type = setup.Model.Folder.Config.WeightType ?? SafeTensorsType.F32;
        ModelWriter.Save(run.Model, setup.Model.Folder, info => model.Weights.Find(info.Name)?.Value ?? setup.Model.Folder.Held(info), type);
        if (setup.Recipe.Data.Template is not null && setup.Model.Template is { } given)
            AtomicFile.WriteText(Path.Combine(run.Model, "chat_template.jinja"), given.Source);
        return run.Model;
    }

    private static string WithOrigin(string folder, RunSetup setup)
    {
        new AdapterOrigin(setup.Model.Folder.Spec.Vocabulary, setup.Model.Folder.Fingerprint(), setup.Model.Tokenizer.Hash, setup.Model.Template?.Hash)
        {
            Base = setup.Model.Folder.HeldAs,
        }.Write(folder);
        if (setup.Model.Template is { } template)
            AtomicFile.WriteText(Path.Combine(folder, "chat_template.jinja"), template.Source);
        return folder;
    }

    /// <summary>
    /// Loads what was saved as a stranger would, and compares logits on the first rows: equal bits for an adapter, and for a model
    /// saved in F32; within rounding for one saved narrower.
    /// </summary>
    /// <returns>A sentence for the report.</returns>
    /// <exception cref="RunFailedException">They differ.</exception>
    public static string CheckParity(string path, RunSetup setup, TrainingModel model, Backend backend, Arena arena)
    {
        var examples = (setup.Data.Test.Count > 0 ? setup.Data.Test : setup.Data.Train).Take(3).Select(static e => e.Ids[..e.Positions]).ToArray();
        var trained = examples.Select(ids => LastLogits(model.Decoder, model.Adapters, ids, backend, arena)).ToArray();
        // The stranger maps the base too: let go of first, it is not in memory twice.
        setup.Model.Folder.WasRead();
        using var loaded = setup.Method.SavesModel ? ModelContext.Open(path) : ModelContext.Open(setup.Recipe.Model, path);
        // A quantised base is not made a second time beside the first: it follows from the files, which are looked at here.
        var held = setup.Model.Folder.HeldAs is not null;
        var folder = setup.Method.SavesModel || !held ? loaded.Folder : model.Adapters is null ? WeightFiles.Put(path, setup.Model.Folder) : setup.Model.Folder;
        var decoder = folder.BuildFrozen();
        var adapters = model.Adapters is null ? null : PeftFiles.Load(path, decoder);
        double worst = 0, largest = 0;
        foreach (var (ids, expected) in examples.Zip(trained))
        {
            var saved = LastLogits(decoder, adapters, ids, backend, arena);
            for (var i = 0; i < expected.Length; i++)
            {
                worst = Math.Max(worst, Math.Abs(expected[i] - saved[i]));
                largest = Math.Max(largest, Math.Abs(expected[i]));
            }
        }
        var type = setup.Model.Folder.Config.WeightType ?? SafeTensorsType.F32;
        // Half a unit in the last place of 8 bits, through a few dozen layers.
        var allowed = (setup.Method.SavesModel && type != SafeTensorsType.F32 ? 0.05 : model.Adapters?.Options.IsSavedAsItRuns == false ? 0.001 : 0) * largest;
        // Said so that what is not a number is refused too.
        if (!(worst <= allowed))
            throw new RunFailedException(new Problem(path, $"the saved files do not give the logits that were trained: they differ by up to {worst:G3}", "this is a fault of Attune: keep the run's folder and report it; the checkpoints hold the trained weights"));
        return worst == 0
            ? $"loaded again from disk, it gives the same logits bit for bit on {examples.Length} rows"
            : $"loaded again from disk{(setup.Method.SavesModel ? $" as {type}" : "")}, its logits differ by at most {worst:G2} (largest logit {largest:G3}) on {examples.Length} rows";
    }

    private static float[] LastLogits(Decoder model, IAdapterSet? adapters, ReadOnlySpan<int> ids, Backend backend, Arena arena)
    {
        using var tape = new Tape(backend, arena, record: false);
        return model.Logits(tape, Pass.Packed([ids.Length]) with { Adapters = adapters }, ids, [ids.Length - 1]).ToArray();
    }
}
