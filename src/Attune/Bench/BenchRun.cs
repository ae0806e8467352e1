using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;

namespace Attune.Bench;

/// <summary>What is being measured.</summary>
/// <param name="Done">Parts that are done.</param>
/// <param name="Total">Of so many.</param>
/// <param name="Now">The one under way.</param>
public sealed record BenchProgress(int Done, int Total, string Now);

/// <summary>Measures a machine: its ceilings, then what the kernels, the steps and the generation of a model reach of them.</summary>
public sealed class BenchRun
{
    private static readonly int[] TextLengths = [512, 2048];

    private readonly BenchOptions options;
    private readonly CpuBackend backend;
    private readonly Action<BenchProgress> progress;
    private readonly CancellationToken cancel;
    private readonly List<(string Name, Action Run)> parts = [];
    private readonly ProductType[] types = [.. Enum.GetValues<ProductType>().Where(CpuBackend.Supports)];

    private BenchRun(BenchOptions options, Action<BenchProgress> progress, CancellationToken cancel) =>
        (this.options, backend, this.progress, this.cancel) = (options, CpuBackend.Shared(options.Threads), progress, cancel);

    private ProductType Fastest => types[^1];

    // Beyond the caches of most machines; the same for every machine, so that figures can be compared.
    private int Megabytes => options.Quick ? 32 : 64;

    // Together with setting up, about a minute, or a few seconds.
    private TimeSpan CeilingTime => TimeSpan.FromSeconds(options.Quick ? 0.1 : 0.4);

    private TimeSpan KernelTime => TimeSpan.FromSeconds(options.Quick ? 0.02 : 0.2);

    private TimeSpan GenerationTime => TimeSpan.FromSeconds(options.Quick ? 0.1 : 0.4);

    private double StepTime => options.Quick ? 0.3 : 1.5;

    /// <summary>Measures.</summary>
    /// <param name="options">What.</param>
    /// <param name="progress">Told before each part.</param>
    /// <param name="cancel">Ends it; what was measured is returned.</param>
    /// <exception cref="UserErrorException">Model, shape or data are wrong.</exception>
    public static BenchReport Execute(BenchOptions options, Action<BenchProgress> progress, CancellationToken cancel)
    {
        var run = new BenchRun(options, progress, cancel);
        if (options.Model is { } path)
        {
            using var model = ModelFolder.Open(path);
            return run.Measure(model, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))));
        }
        // The folder is this run's own: a gigabyte of random numbers is not left behind on a user's disk.
        var root = Directory.CreateTempSubdirectory("attune-bench-").FullName;
        try
        {
            using var model = ModelFolder.Open(SyntheticModel.Make(root, options.ShapeOrUsual, SafeTensorsType.BF16));
            return run.Measure(model, options.ShapeOrUsual);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private BenchReport Measure(ModelFolder model, string name)
    {
        var report = new BenchReport(options, name, model.Spec, backend.LaneBits);
        parts.Add(("what the machine can do", () => report.Ceilings = Ceilings.Measure(backend, Megabytes, CeilingTime, cancel)));
        AddKernels(report, model.Spec);
        if (options.Only.Contains(BenchOptions.Steps))
            AddSteps(report, model);
        if (options.Only.Contains(BenchOptions.Generation))
            AddGeneration(report, model);
        if (options.Tiles is { } threads)
            parts.Add(("tiles", () => report.Tiles = TileRow.Count(model, Case(model, report.Ceilings!, lora: true), threads, Fastest, report.Ceilings!)));
        parts.Add(("what the machine can do, again", () => report.PeakAfter = Ceilings.MeasurePeak(backend, CeilingTime, cancel)));
        try
        {
            for (var i = 0; i < parts.Count; i++)
            {
                progress(new BenchProgress(i, parts.Count, parts[i].Name));
                parts[i].Run();
            }
        }
        catch (OperationCanceledException)
        {
            report.Stopped = true;
        }
        return report;
    }

    private void AddKernels(BenchReport report, DecoderSpec spec)
    {
        int[] texts = [.. TextLengths.Where(n => n <= spec.MaxPositions && !(options.Quick && n > TextLengths[0])).DefaultIfEmpty(spec.MaxPositions)];
        var sizes = new CaseSizes(spec, options.Quick ? 512 : 2048, 256, texts, Megabytes << 20);
        foreach (var item in KernelCases.Of(sizes).Where(c => options.Only.Contains(c.Group)))
        {
            foreach (var products in item.HasTypes ? types : [ProductType.F32])
            {
                var one = options.Threads > 1 ? CpuBackend.Shared(1, products) : null;
                parts.Add(($"{item.Group}: {item.Name}", () => report.Add(KernelRow.Measure(item, CpuBackend.Shared(options.Threads, products), one, KernelTime, cancel))));
            }
        }
    }

    private void AddSteps(BenchReport report, ModelFolder model)
    {
        foreach (var products in types)
            parts.Add(($"steps with LoRA, {products}", () => Steps(report, model, products, lora: true)));
        parts.Add(($"steps with all weights, {Fastest}", () => Steps(report, model, Fastest, lora: false)));
    }

    private void Steps(BenchReport report, ModelFolder model, ProductType products, bool lora)
    {
        var repeats = new Repeats(TimeSpan.FromSeconds(2 * StepTime), 2, 10);
        var details = lora && products == Fastest;
        report.Add(StepBench.Measure(model, Case(model, report.Ceilings!, lora), CpuBackend.Shared(options.Threads, products), repeats, details, cancel));
    }

    private void AddGeneration(BenchReport report, ModelFolder model)
    {
        // A model of the user's own as it is; a shape in every format that its rows are whole blocks of.
        DType?[] formats = options.Model is not null ? [null] : [.. DTypes.WeightTypes.Where(t => GenerationBench.Fits(model, t))];
        foreach (var format in formats)
        {
            parts.Add(($"generation, {format?.ToString() ?? "the folder's weights"}", () =>
                report.Add(GenerationBench.Measure(model, format, backend, Math.Min(128, model.Spec.MaxPositions / 2), new Repeats(GenerationTime), cancel))));
        }
    }

    // The rows of a file, or as many random texts as make a step of a fair length on this machine.
    private StepCase Case(ModelFolder model, Ceilings ceilings, bool lora)
    {
        const int usual = 4;
        // Of the peak; a guess that only chooses the number of texts.
        const double reached = 0.6;
        var length = Math.Min(512, model.Spec.MaxPositions);
        if (options.Data is { } file)
            return StepCase.OfFile(model.Spec, lora, file, options.Tokenizer ?? model.Path, usual * length);
        var perToken = (lora ? 4.0 : 6.0) * model.Parameters.Sum(static i => (double)i.Rows * i.Cols);
        var seconds = perToken * length / (reached * ceilings.PeakOf(Fastest));
        return StepCase.Random(model.Spec, lora, (int)Math.Clamp(StepTime / seconds, 1, usual), length);
    }
}
