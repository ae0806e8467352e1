using System.Globalization;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Engine.Platform;
using Attune.Evaluation;
using Attune.Evaluation.Suites;
using Attune.Hardware;
using Attune.Models;
using Attune.Objectives;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs.Export;
using Attune.Training;

namespace Attune.Runs;

/// <summary>What a run came to.</summary>
/// <param name="Directory">Its folder.</param>
/// <param name="Saved">The adapter or model.</param>
/// <param name="Record">All that the report says.</param>
/// <param name="PlannedBytes">Resident memory that the plan allowed for.</param>
/// <param name="PeakBytes">The largest that the process has had, this run or what ran in it before.</param>
public sealed record RunResult(string Directory, string Saved, RunRecord Record, long PlannedBytes, long PeakBytes)
{
    /// <summary>Whether the result may be used: the recipe's guard, which without further keys asks that every exported form says what the trained model says.</summary>
    public bool Holds => Record.Gate?.IsMet ?? Record.Parity.All(static p => p.Holds);
}

/// <summary>The whole way from a recipe to a tuned model with its evidence.</summary>
public static class TrainRun
{
    /// <summary>Runs a recipe.</summary>
    /// <param name="recipe">The recipe; in a resumed run the one in the run's folder.</param>
    /// <param name="resume">The run's folder to go on with, or null.</param>
    /// <param name="backend">Trains and validates; all evidence is measured on its <see cref="Backend.Exact"/>.</param>
    /// <param name="clock">For the name of the run's folder.</param>
    /// <param name="notice">Gets everything worth seeing.</param>
    /// <param name="cancel">Stops with a checkpoint.</param>
    /// <param name="anyArithmetic">Go on with a checkpoint of other products or vectors too; the result is then not that of one run.</param>
    public static RunResult Execute(
        Recipe recipe, string? resume, Backend backend, TimeProvider clock, Action<RunNotice> notice, CancellationToken cancel, bool anyArithmetic = false)
    {
        var warnings = new List<string>();
        void Notice(RunNotice n)
        {
            warnings.AddRange(n.Warnings);
            notice(n);
        }

        using var hold = resume is null ? RunHold.OfNew(recipe.Output, recipe.Model, recipe.Data.Train[0].File, clock) : RunHold.OfUnfinished(resume);
        var run = hold.Run;
        using var setup = RunSetup.Prepare(recipe, backend, Notice, cancel);
        setup.Teacher?.Load(notice, cancel);
        notice(new NoticeDuration(RunDuration.Estimate(setup, backend, cancel)));
        RunBase.Load(setup.Model.Folder, notice, cancel);
        using var arena = Arena.OfBytes(setup.Memory.Plan.Arena);
        using var model = TrainingModel.Build(setup.Model.Folder, setup.Method, backend, arena);
        var (checkpoints, from) = Open(run, setup, backend, resume is not null, anyArithmetic);
        using var prefix = setup.Memory.Prefix?.Open(run, setup.DiskBytes, notice);
        // What is measured for the report is measured in F32 products: what other products gave is not the same.
        var measured = setup.Measured with { Prefix = backend.Exact == backend ? prefix : null };
        var (before, suitesBefore) = Measure(setup, measured, model, null, backend, arena, "before", Notice, cancel);
        // A model that is trained whole has its own copy, and the files that it began with would only take room beside what is saved.
        if (model.HoldsEveryWeight)
            setup.Model.Folder.ReleaseWeights();
        using var log = new RunLog(run, setup, resume is null ? null : from is null ? 0 : Checkpoints.StepOf(from), clock);
        var state = Train(setup, log, model, backend, arena, checkpoints, prefix, from, Notice, cancel);
        var (after, suitesAfter) = Measure(setup, measured, model, model.Adapters, backend, arena, "after", Notice, cancel);
        var transfer = RunTransfer.Of(setup, model, before, after, backend.Exact, arena, Notice, cancel);
        var memory = Probe(setup, model, backend.Exact, arena, notice, cancel);
        var saved = RunOutput.Save(run, setup, model);
        var parity = RunOutput.CheckParity(saved, setup, model, backend.Exact, arena);
        var peak = Os.PeakResidentBytes();
        var record = RunReport.Build(setup, run, backend, before, after, state, model.ResultCount, peak, parity, warnings, saved) with { Memorisation = memory, Transfer = transfer };
        record = record with { Metrics = [.. record.Metrics, .. suitesAfter.ChangesFrom(suitesBefore)] };
        if (prefix is not null)
            record = record with { Facts = [.. record.Facts, new("Frozen blocks", setup.Memory.Prefix!.Fact(prefix))] };
        if (setup.Recipe.Export.Count > 0 || setup.Model.Folder.HeldAs is not null)
        {
            // What trained is on disk: its memory is not needed beside the forms that are compared.
            model.Dispose();
            arena.Dispose();
            prefix?.Dispose();
            record = InOtherForms(record, setup, run, saved, backend.Exact, notice, cancel);
        }
        record = record with { Gate = Gate.Of(record, setup.Recipe.Guard) };
        log.Finish(state.Step, record.Metrics, saved);
        ReportFiles.Write(run.Path, record);
        // With it the run is finished: what a kill leaves undone behind it is only room on the disk.
        WriteManifest(run, setup, backend, saved);
        checkpoints.Clear();
        return new RunResult(run.Path, saved, record, setup.Memory.Plan.Total, peak);
    }

    /// <summary>Makes room for a run and finds where it goes on; a new one has its identity and its recipe then.</summary>
    /// <exception cref="RunFailedException">The disk is too full.</exception>
    /// <exception cref="UserErrorException">What was begun is another run.</exception>
    internal static (Checkpoints Checkpoints, string? From) Open(RunDirectory run, RunSetup setup, Backend backend, bool resumes, bool anyArithmetic)
    {
        run.RequireRoom(setup.DiskBytes);
        var identity = RunIdentity.Of(setup, backend);
        if (resumes)
            identity.Require(run.Identity);
        var checkpoints = new Checkpoints(run.Path, identity.Hash, Arithmetic(backend), anyArithmetic);
        var from = resumes ? checkpoints.Newest : null;
        if (from is not null)
            checkpoints.Require(from);
        if (!resumes)
        {
            // First: with its recipe a run is begun.
            identity.Save(run.Identity);
            WriteRecipe(run, setup);
        }
        return (checkpoints, from);
    }

    private static Memorisation? Probe(RunSetup setup, TrainingModel model, Backend backend, Arena arena, Action<RunNotice> notice, CancellationToken cancel)
    {
        if (setup.Data.Probe is not { } probe)
            return null;
        var generator = new Generator(model.Decoder, setup.Model.Tokenizer, backend, arena, model.Adapters);
        return probe.Run(generator, setup.Model.Tokenizer, done => notice(new NoticeProgress("memory", done, probe.Texts, "rows")), cancel);
    }

    private static (Measurement Rows, SuiteMeasurement Suites) Measure(
        RunSetup setup, MeasuredRows rows, TrainingModel model, IAdapterSet? adapters, Backend backend, Arena arena, string stage,
        Action<RunNotice> notice, CancellationToken cancel) =>
        (Measurement.Of(rows, setup.Model.Tokenizer, model.Decoder, adapters, backend.Exact, arena, stage, notice, cancel),
            SuiteMeasurement.Of(setup.Suites, setup.Model.Tokenizer, model.Decoder, adapters, backend.Exact, arena, stage, notice, cancel));

    private static RunRecord InOtherForms(
        RunRecord record, RunSetup setup, RunDirectory run, string saved, Backend backend, Action<RunNotice> notice, CancellationToken cancel)
    {
        record = record with { Requantised = Requantise(setup, saved, backend, cancel) };
        if (setup.Recipe.Export.Count == 0)
            return record;
        setup.Model.Folder.ReleaseWeights();
        return record with { Parity = Export(setup, run, saved, backend, notice, cancel) };
    }

    // A model that was saved whole has left its base already.
    private static RequantisedLosses? Requantise(RunSetup setup, string saved, Backend backend, CancellationToken cancel)
    {
        if (setup.Model.Folder.HeldAs is null || setup.Method.Adapter is null)
            return null;
        using var tuned = InferenceModel.Over(setup.Model, saved, backend);
        return RequantisingCost.Measure(tuned, setup.Data.Shown, setup.Memory.Limit, cancel);
    }

    private static IReadOnlyList<ParityLine> Export(
        RunSetup setup, RunDirectory run, string saved, Backend backend, Action<RunNotice> notice, CancellationToken cancel)
    {
        using var result = setup.Method.SavesModel
            ? InferenceModel.Open(saved, null, null, backend)
            : InferenceModel.Open(setup.Recipe.Model, saved, null, backend);
        var rows = setup.Data.Shown;
        return [.. ExportRun.Execute(result, new ExportOptions
        {
            Formats = [.. setup.Recipe.Export.Select(static f => ExportFormats.Find("export:", f))],
            Folder = run.Exports,
            Name = Path.GetFileName(Path.GetFullPath(run.Path)),
            Prompts = ExportRun.PromptsOf(rows, setup.Model.Tokenizer),
            Rows = rows,
            KeepsGoing = true,
        }, notice, cancel).Forms.Select(static f => f.Parity)];
    }

    /// <summary>The training itself, with its validations.</summary>
    internal static TrainingState Train(
        RunSetup setup, RunLog log, TrainingModel model, Backend backend, Arena arena, Checkpoints checkpoints, PrefixCache? prefix, string? from,
        Action<RunNotice> notice, CancellationToken cancel)
    {
        var rows = setup.Steps.Options.PassRows;
        Func<CancellationToken, double>? validate = setup.Data.Valid.Count == 0
            ? null
            : stop => TokenLosses.Measure(model.Decoder, model.Adapters, setup.Data.Valid, rows, backend, arena, prefix, stop).Mean;
        var trainer = new Trainer(model, setup.Steps.Packer, setup.Steps.Options, backend, arena, checkpoints, validate, e =>
        {
            log.Take(e);
            notice(new NoticeTraining(e));
        }, prefix);
        return trainer.Run(from, cancel);
    }

    private static void WriteRecipe(RunDirectory run, RunSetup setup) => run.Write(
        run.Recipe,
        RecipeWriter.Write(
            FullPaths.Of(setup.Recipe) with { Output = null }, setup.Choices.Reasons,
            "The recipe of this run, with everything that was chosen. Run it again: attune train recipe.yaml"));

    private static void WriteManifest(RunDirectory run, RunSetup setup, Backend backend, string saved)
    {
        var files = new List<ManifestFile>();
        void Add(string role, string? model) => files.AddRange(
            (model is null ? [] : File.Exists(model) ? [model] : Directory.GetFiles(model)).Order(StringComparer.Ordinal).Select(f => ManifestFile.Of(role, f)));
        Add("model", setup.Recipe.Model);
        Add("teacher", setup.Teacher?.Context.Folder.Path);
        Add("teacher.adapter", setup.Teacher?.Context.AdapterPath);
        Add("teacher.file", setup.TeacherFile is null ? null : setup.Recipe.Objective.File);
        Add("compared", setup.Recipe.Objective.Compare);
        var data = setup.Recipe.Data;
        files.AddRange(data.Train.Select(static f => ManifestFile.Of("data.train", f.File)));
        files.AddRange(data.Valid.Select(static f => ManifestFile.Of("data.valid", f.File)));
        files.AddRange(data.Test.Select(static f => ManifestFile.Of("data.test", f.File)));
        files.AddRange(data.Replay.Select(static f => ManifestFile.Of("data.replay", f.File)));
        Add("data.known", data.Known);
        foreach (var suite in setup.Recipe.Eval.Suites.Except(Suite.BuiltIn))
            Add("eval.suites", suite);
        files.Add(ManifestFile.Of("recipe", run.Recipe));
        files.AddRange(Directory.EnumerateFiles(saved).Order(StringComparer.Ordinal).Select(static f => ManifestFile.Of(Manifest.ResultRole, f)));
        files.Add(ManifestFile.Of(Manifest.ReportRole, run.Report));
        new Manifest(Manifest.Version, setup.Recipe.Train.Seed, files, Environment(backend)).Save(run.Manifest);
    }

    /// <summary>What of the machine can change a number's last bits, or a run's speed.</summary>
    internal static SortedDictionary<string, string> Environment(Backend backend)
    {
        var machine = Machine.Inspect();
        return new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["backend"] = backend.Name,
            ["products"] = Compute.Name(backend.Products),
            ["cores"] = machine.Cores.ToString(CultureInfo.InvariantCulture),
            ["runtime"] = machine.Runtime,
            ["simd_bits"] = machine.SimdBits.ToString(CultureInfo.InvariantCulture),
            ["system"] = machine.System,
        };
    }

    // What of the machine decides the last bits. Numbers of two kinds are both right, but are not those of one run.
    private static string Arithmetic(Backend backend) =>
        string.Create(CultureInfo.InvariantCulture, $"products in {Compute.Name(backend.Products)} and vectors of {Machine.Inspect().SimdBits} bits");
}
