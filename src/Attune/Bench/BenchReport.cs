using Attune.Hardware;
using Attune.Models;

namespace Attune.Bench;

/// <summary>All that was measured; of a run that was stopped, what was measured until then.</summary>
public sealed class BenchReport
{
    private readonly List<KernelRow> kernels = [];
    private readonly List<StepResult> steps = [];
    private readonly List<GenerationResult> generation = [];

    internal BenchReport(BenchOptions options, string model, DecoderSpec spec, int laneBits) =>
        (Options, Model, Spec, LaneBits) = (options, model, spec, laneBits);

    /// <summary>What was asked for.</summary>
    public BenchOptions Options { get; }

    /// <summary>The machine.</summary>
    public Machine Machine { get; } = Machine.Inspect();

    /// <summary>The model's name: its shape, or its folder.</summary>
    public string Model { get; }

    /// <summary>Its sizes.</summary>
    public DecoderSpec Spec { get; }

    /// <summary>Width of the vectors in bits.</summary>
    public int LaneBits { get; }

    /// <summary>What bounds everything else; null where not even that was measured.</summary>
    public Ceilings? Ceilings { get; internal set; }

    /// <summary>The peak of all threads once more, at the end: lower where heat has slowed the machine down.</summary>
    public Ceiling? PeakAfter { get; internal set; }

    /// <summary>Kernels.</summary>
    public IReadOnlyList<KernelRow> Kernels => kernels;

    /// <summary>Whole training steps.</summary>
    public IReadOnlyList<StepResult> Steps => steps;

    /// <summary>Reading and writing text.</summary>
    public IReadOnlyList<GenerationResult> Generation => generation;

    /// <summary>Tiles of a step; empty where not asked for.</summary>
    public IReadOnlyList<TileRow> Tiles { get; internal set; } = [];

    /// <summary>Whether the user stopped it.</summary>
    public bool Stopped { get; internal set; }

    internal void Add(KernelRow row) => kernels.Add(row);

    internal void Add(StepResult result) => steps.Add(result);

    internal void Add(GenerationResult result) => generation.Add(result);
}
