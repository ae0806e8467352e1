namespace Attune.Bench;

/// <summary>What is measured.</summary>
public sealed record BenchOptions
{
    /// <summary>Parts that can be asked for, in the order in which they are measured; the ceilings are always.</summary>
    public static IReadOnlyList<string> Sections { get; } = [.. KernelCases.Groups, Steps, Generation];

    /// <summary>The part of whole training steps.</summary>
    public const string Steps = "steps";

    /// <summary>The part of reading and writing text.</summary>
    public const string Generation = "generation";

    /// <summary>A model's folder; null for random weights of <see cref="Shape"/>.</summary>
    public string? Model { get; init; }

    /// <summary>One of <see cref="SyntheticModel.Shapes"/>; null for a usual one.</summary>
    public string? Shape { get; init; }

    /// <summary>Compute threads.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Which of <see cref="Sections"/>.</summary>
    public IReadOnlyCollection<string> Only { get; init; } = Sections;

    /// <summary>A few seconds instead of a minute.</summary>
    public bool Quick { get; init; }

    /// <summary>Count the tiles of a step for so many threads; null does not.</summary>
    public int? Tiles { get; init; }

    /// <summary>A file of rows to take the steps with; null for random tokens.</summary>
    public string? Data { get; init; }

    /// <summary>The folder of the tokenizer for those rows; null for the model's own.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>The shape that is measured where no model is given.</summary>
    internal string ShapeOrUsual => Shape ?? (Quick ? "tiny15m" : "smollm2-135m");
}
