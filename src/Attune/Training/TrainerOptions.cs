using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Objectives;

namespace Attune.Training;

/// <summary>How the loop runs.</summary>
public sealed record TrainerOptions
{
    /// <summary>Steps of the whole run.</summary>
    public required int TotalSteps { get; init; }

    /// <summary>Rows of the largest pass: the micro-batch of the memory plan.</summary>
    public required int PassRows { get; init; }

    /// <summary>The learning rate by step.</summary>
    public required LearningRate LearningRate { get; init; }

    /// <summary>What is minimised.</summary>
    public ITokenObjective Objective { get; init; } = LabelObjective.Shared;

    /// <summary>Answers that the model writes itself for some of the rows; null for none.</summary>
    public OnPolicy? OnPolicy { get; init; }

    /// <summary>Optimizer settings.</summary>
    public AdamWOptions Optimizer { get; init; } = new();

    /// <summary>What segments keep.</summary>
    public Keep Keep { get; init; } = Keep.Saved;

    /// <summary>The type in which saved activations wait for backward: BF16 halves their memory; null keeps them as they are.</summary>
    public DType? SavedType { get; init; }

    /// <summary>α of NEFTune's noise on the embeddings of training passes; 0 for none.</summary>
    public double EmbeddingNoise { get; init; }

    /// <summary>Seed of dropout and noise.</summary>
    public long Seed { get; init; }

    /// <summary>Steps between validations.</summary>
    public int EvalEvery { get; init; } = 50;

    /// <summary>Steps between checkpoints.</summary>
    public int SaveEvery { get; init; } = 50;

    /// <summary>Validations without a better loss after which the run stops; 0 never.</summary>
    public int Patience { get; init; }

    /// <summary>Whether the weights of the best validation are the result.</summary>
    public bool KeepBest { get; init; } = true;

    /// <summary>Stop cleanly after this time; null for no limit.</summary>
    public TimeSpan? TimeLimit { get; init; }
}
